"""Quantities and numbers as the services take them."""

from typing import Any

from django.core.exceptions import ValidationError

from stock.limits import MAX_QUANTITY


def check_quantity(quantity: Any, field: str = "qty", lowest: int = 1) -> int:
    """The quantity. Raises ValidationError unless it is a whole number from `lowest` to a thousand million."""
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not lowest <= quantity <= MAX_QUANTITY:
        raise ValidationError({field: [f"Must be a whole number from {lowest} to {MAX_QUANTITY:,}."]})
    return quantity


def check_number(number: Any, field: str) -> int:
    """The number of a box or a place. Raises ValidationError unless it is a whole number above zero."""
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValidationError({field: ["Must be a whole number above zero."]})
    return number
