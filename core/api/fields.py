"""Fields that take what JSON calls a string, a number or a boolean, and nothing that merely looks like one."""

from typing import Any

from django.core.validators import URLValidator
from rest_framework import serializers


class TextField(serializers.CharField):
    """A string; 5 and true are none."""

    def to_internal_value(self, data: Any) -> str:
        """The string, or a fault of the field."""
        if not isinstance(data, str):
            self.fail("invalid")
        # Before white space is cut off: what is too long, or has control characters, is so at its ends too.
        for validator in self.validators:
            if not isinstance(validator, URLValidator):
                validator(data)  # type: ignore[call-arg]
        return super().to_internal_value(data)


class WebURLField(TextField, serializers.URLField):
    """A string that is an address of the web."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for validator in self.validators:
            if isinstance(validator, URLValidator):
                validator.schemes = ["http", "https"]


class NumberField(serializers.IntegerField):
    """A whole number, also when it is written as 7.0; true, "7" and 7.5 are none.

    One too large for the database is simply unknown to it.
    """

    def to_internal_value(self, data: Any) -> int:
        """The number, or a fault of the field."""
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class ListField(serializers.ListField):
    """A list of at most `max_length` items. One that is longer is refused before any item is looked at."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self._most = max_length

    def to_internal_value(self, data: Any) -> list[Any]:
        """The items, or faults of the field."""
        if isinstance(data, list) and len(data) > self._most:
            self.fail("max_length", max_length=self._most)
        items: list[Any] = super().to_internal_value(data)
        return items


class FlagField(serializers.BooleanField):
    """True or false; "yes" and 1 are neither."""

    def to_internal_value(self, data: Any) -> bool:
        """The flag, or a fault of the field."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
