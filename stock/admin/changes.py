"""A change of stock that a page of the admin asks for: one call of a service, and a sentence."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from core.admin.service_errors import error_text
from core.errors import InventoryError
from parts.models import Part
from stock import services
from stock.admin.forms import ChangeForm, faults
from stock.models import Movement


def may_change(user: Any) -> bool:
    """Whether the person may put in, take out and move."""
    return bool(user.has_perm("stock.add_movement"))


def change_stock(request: HttpRequest, part: Part | None = None) -> bool:
    """Do what the form on the page asks for, and say so, or say why not. Returns whether it was done.

    `part` is the one that the page is about, when its form does not name one.
    """
    if not may_change(request.user):
        raise PermissionDenied
    data = request.POST.copy()
    if part is not None:
        data["part"] = part.key
    form = ChangeForm(data)
    if not form.is_valid():
        for text in faults(form):
            messages.error(request, text)
        return False
    try:
        movement = _call(form.cleaned_data, request.user)
    except (InventoryError, ValidationError) as error:
        messages.error(request, error_text(error))
        return False
    messages.success(request, _told(movement))
    return True


def pieces(count: int) -> str:
    """So many, with the noun."""
    return "1 piece" if count == 1 else f"{count:,} pieces"


def _call(wish: dict[str, Any], user: Any) -> Movement:
    part, place, quantity, note = wish["part"], wish["place"], wish["quantity"], wish["note"]
    if wish["action"] == ChangeForm.MOVE:
        return services.move(
            part=part,
            from_box_no=place.box_no,
            from_loc_no=place.loc_no,
            to_box_no=wish["to"].box_no,
            to_loc_no=wish["to"].loc_no,
            quantity=quantity,
            by=user,
            note=note,
        )
    change = services.add if wish["action"] == ChangeForm.ADD else services.remove
    return change(part=part, box_no=place.box_no, loc_no=place.loc_no, quantity=quantity, by=user, note=note)


def _told(movement: Movement) -> str:
    what = f"{pieces(movement.quantity)} of {movement.part_key}"
    if movement.from_place and movement.to_place:
        return f"Moved {what} from {movement.from_place} to {movement.to_place}."
    if movement.to_place:
        return f"Put {what} into {movement.to_place}; {pieces(movement.there or 0)} there now."
    return f"Took {what} out of {movement.from_place}."
