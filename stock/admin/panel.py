"""What the page of a part shows of its stock, and what that panel posts to."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string

from core.admin.service_errors import error_text
from core.errors import InventoryError
from parts.models import Part
from stock import services
from stock.admin.changes import change_stock, may_change
from stock.admin.forms import MinimumForm, faults
from stock.admin.labels import label_url
from stock.low_stock import low_stock
from stock.models import Location, Minimum, Movement

_MOVEMENTS = 10


def stock_panel(request: HttpRequest, part: Part) -> str:
    """The panel, as HTML."""
    places = services.places([part.pk])[part.pk]
    minimum = Minimum.objects.filter(part=part).first()
    context = {
        "part": part,
        "places": places,
        "total": sum(place.quantity for place in places),
        "minimum": minimum.quantity if minimum else None,
        "is_low": low_stock(Part.objects.filter(pk=part.pk)).exists(),
        "suggested": suggested_place(part),
        "movements": list(Movement.objects.filter(part=part).newest_first()[:_MOVEMENTS]),
        "may_change": may_change(request.user),
        "may_see_movements": request.user.has_perm("stock.view_movement"),
        "may_set_minimum": request.user.has_perm("parts.change_part"),
        "label_url": label_url("part", [part.key]),
    }
    return render_to_string("admin/stock/part_panel.html", context, request)


def suggested_place(part: Part) -> str:
    """An empty place for the part, as text; nothing when everything is full."""
    if part.type_id is not None:
        found = services.suggest(part.type_id, 1)
        return str(found[0]) if found else ""
    empty = Location.objects.empty().select_related("box").order_by("box__number", "number").first()
    return str(empty) if empty else ""


def part_view(request: HttpRequest, part_id: int) -> HttpResponse:
    """Change the stock or the minimum of the part, then go back to its page."""
    part = get_object_or_404(Part, pk=part_id)
    if request.POST.get("action") == "minimum":
        _set_minimum(request, part)
    else:
        change_stock(request, part)
    return redirect("admin:parts_part_change", part.pk)


def _set_minimum(request: HttpRequest, part: Part) -> None:
    if not request.user.has_perm("parts.change_part"):
        raise PermissionDenied
    form = MinimumForm(request.POST)
    if not form.is_valid():
        for text in faults(form):
            messages.error(request, text)
        return
    quantity = form.cleaned_data["quantity"]
    try:
        services.set_minimum(part, quantity)
    except (InventoryError, ValidationError) as error:
        messages.error(request, error_text(error))
    else:
        messages.success(request, f"The minimum is {quantity} now." if quantity else "There is no minimum now.")
