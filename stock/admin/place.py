"""The page of one place: what lies there, more or less of it, somewhere else with it, something new into it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from attachments.admin.lists import add_pictures
from core import search
from parts.models import Part
from stock.admin.cabinet import content, contents_of
from stock.admin.changes import change_stock, may_change
from stock.admin.labels import label_url
from stock.models import Box, Location

# So many parts are offered when the words fit several.
_OFFERED = 12


def place_view(request: HttpRequest, box_no: int, loc_no: int) -> HttpResponse:
    """GET shows the place; POST changes what lies there."""
    if not (request.user.has_perm("stock.view_box") or request.user.has_perm("stock.change_box")):
        raise PermissionDenied
    location = Location.objects.select_related("box").filter(box__number=box_no, number=loc_no).first()
    if location is None:
        raise Http404
    typed: dict[str, Any] = {}
    if request.method == "POST":
        typed = {"words": request.POST.get("words", "")[:200], "quantity": request.POST.get("quantity", "")[:12]}
        part, offered = _part_of(typed["words"].strip()) if not request.POST.get("part") else (None, None)
        if offered is None and change_stock(request, part):
            return redirect("admin:stock_box_place", box_no, loc_no)
        typed["offered"] = offered
    return TemplateResponse(request, "admin/stock/place.html", _context(request, location) | typed)


def _part_of(words: str) -> tuple[Part | None, list[Part] | None]:
    """The part that the words name; or what there is to choose from, when they name none or several."""
    if not words:
        return None, None
    parts = list(search.find(Part.objects.for_admin(), words)[: _OFFERED + 1])
    if parts and (len(parts) == 1 or parts[0].key == words.upper()):
        return parts[0], None
    return None, add_pictures(parts[:_OFFERED])


def _context(request: HttpRequest, location: Location) -> dict[str, Any]:
    box: Box = location.box
    empty = Location.objects.filter(box=box).empty().order_by("number").values_list("number", flat=True)
    return {
        **admin.site.each_context(request),
        "title": f"Place {location}",
        "opts": Box._meta,
        "box": box,
        "location": location,
        "contents": [content(stock) for stock in contents_of(box, location.number)],
        "previous": location.number - 1 if location.number > 1 else None,
        "next": location.number + 1 if location.number < box.capacity else None,
        "next_empty": empty.filter(number__gt=location.number).first(),
        "may_change": may_change(request.user),
        "label_url": label_url("place", [str(location)]),
    }
