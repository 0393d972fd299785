"""The page on which labels are printed."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from core.errors import InventoryError
from parts.models import Part
from stock.codes import public_url
from stock.labels import FORMATS, Label, of_boxes, of_parts, of_places, render
from stock.models import Box, Location

# So many labels at once; a page of an address cannot name more anyway.
_MOST = 1000
_PERMISSIONS = {
    "part": "parts.view_part",
    "box": "stock.view_box",
    "place": "stock.view_box",
    "places": "stock.view_box",
}


class LabelForm(forms.Form):
    """On what to print, and how many labels of the sheet are used."""

    form = forms.ChoiceField(label="Labels", choices=[(name, form.title) for name, form in FORMATS.items()])
    skip = forms.IntegerField(label="Used on the first sheet", min_value=0, max_value=64, required=False, initial=0)


def label_url(kind: str, names: list[str]) -> str:
    """The page that prints labels of these: `kind` is part, box, place, or places (all of a box)."""
    return f"{reverse('admin:stock_box_labels')}?{urlencode([(kind, name) for name in names])}"


def labels_view(request: HttpRequest) -> HttpResponse:
    """GET asks on what to print; with `form` it answers the PDF."""
    labels = _labels(request)
    context = {
        **admin.site.each_context(request),
        "title": "Print labels",
        "opts": Box._meta,
        "count": len(labels),
        "first": labels[:3],
        "wanted": [(kind, name) for kind in _PERMISSIONS for name in request.GET.getlist(kind)],
        "form": LabelForm(request.GET if "form" in request.GET else None, initial={"form": settings.LABEL_FORMAT}),
    }
    form = context["form"]
    try:
        base = public_url(request)
    except InventoryError as error:
        messages.error(request, str(error))
        return TemplateResponse(request, "admin/stock/labels.html", {**context, "refused": True}, status=422)
    if not labels or not form.is_bound or not form.is_valid():
        return TemplateResponse(request, "admin/stock/labels.html", context)
    chosen = FORMATS[form.cleaned_data["form"]]
    pdf = render(labels, chosen, base, skip=form.cleaned_data["skip"] or 0)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="labels.pdf"', "Cache-Control": "private, no-cache"},
    )


def print_labels(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse:
    """The action of lists of boxes and parts."""
    kind, name = ("part", "key") if queryset.model is Part else ("box", "number")
    return redirect(label_url(kind, [str(value) for value in queryset.values_list(name, flat=True)[:_MOST]]))


print_labels.short_description = "Print labels"  # type: ignore[attr-defined]


def print_place_labels(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse:
    """The action of the list of boxes: labels of all their places."""
    return redirect(label_url("places", [str(number) for number in queryset.values_list("number", flat=True)[:_MOST]]))


print_place_labels.short_description = "Print labels of the places"  # type: ignore[attr-defined]


def _labels(request: HttpRequest) -> list[Label]:
    query: QueryDict = request.GET
    for kind, permission in _PERMISSIONS.items():
        if kind in query and not request.user.has_perm(permission):
            raise PermissionDenied
    labels: list[Label] = []
    if keys := query.getlist("part")[:_MOST]:
        labels += of_parts(Part.objects.filter(key__in=keys).order_by("key"))
    if numbers := _numbers(query.getlist("box")):
        labels += of_boxes(Box.objects.filter(number__in=numbers).order_by("number"))
    which = Q(box__number__in=_numbers(query.getlist("places")))
    for name in query.getlist("place")[:_MOST]:
        if len(numbers := _numbers(name.split("-"))) == 2:
            which |= Q(box__number=numbers[0], number=numbers[1])
    places = Location.objects.select_related("box").filter(which).order_by("box__number", "number")
    return [*labels, *of_places(places[:_MOST])][:_MOST]


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:_MOST] if text.isascii() and text.isdigit() and len(text) < 10]
