"""Bodies of changes, in which null leaves what a row cannot do without."""

from typing import Any, ClassVar

from rest_framework import serializers
from typing_extensions import override


class ChangeSerializer(serializers.Serializer[Any]):
    """Inherit where a change may hold null in one of the fields of `left_by_null`, as if the field were absent.

    A serializer is that of a change when it is partial, or when `whole_in_patch` says that a PATCH needs what a PUT
    needs.
    """

    left_by_null: ClassVar[tuple[str, ...]] = ()
    whole_in_patch: ClassVar[bool] = False

    @property
    def nullable_names(self) -> tuple[str, ...]:
        """The names of the fields that may be null now."""
        return self.left_by_null if self.partial or self.whole_in_patch else ()

    @override
    def to_internal_value(self, data: Any) -> Any:
        names = self.nullable_names
        return super().to_internal_value({k: value for k, value in data.items() if value is not None or k not in names})
