"""What a person types on the pages about stock."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from parts.models import Part
from stock.limits import MAX_QUANTITY
from stock.services.ledger import Place

_PLACE = re.compile(r"\s*(\d{1,10})\s*[-–/ ]\s*(\d{1,10})\s*", re.ASCII)


class PlaceField(forms.CharField):
    """A place such as 7-3."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)

    def to_python(self, value: Any) -> Any:
        """A Place; nothing stays nothing."""
        text = super().to_python(value)
        if text in self.empty_values:
            return text
        found = _PLACE.fullmatch(str(text))
        if found is None:
            raise ValidationError("Write a place like 7-3: the number of the box, a dash, the number in the box.")
        return Place(int(found[1]), int(found[2]))


def quantity_field(**kwargs: Any) -> forms.IntegerField:
    """A number of pieces."""
    return forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, **kwargs)


class ChangeForm(forms.Form):
    """One change of the stock of a part: pieces in, out, or from place to place."""

    ADD, REMOVE, MOVE = "add", "remove", "move"

    action = forms.ChoiceField(choices=[(name, name) for name in (ADD, REMOVE, MOVE)])
    part = forms.ModelChoiceField(Part.objects.all(), to_field_name="key")
    place = PlaceField()
    to = PlaceField(required=False)
    quantity = quantity_field()
    note = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """A move needs somewhere to go."""
        cleaned = super().clean() or {}
        if cleaned.get("action") == self.MOVE and not cleaned.get("to") and "to" not in self.errors:
            self.add_error("to", "Say where to move it.")
        return cleaned


class MinimumForm(forms.Form):
    """The minimum of a part; blank for none."""

    quantity = quantity_field(required=False)


def faults(form: forms.Form) -> list[str]:
    """What is wrong, as sentences that name the field."""
    found = []
    for name, texts in form.errors.items():
        label = "" if name in {"__all__", "to", "place"} else f"{name.capitalize()}: "
        found += [f"{label}{text}" for text in texts]
    return found
