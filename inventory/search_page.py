"""The page that the start page's search box leads to: what the words find of every kind, the best first."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from attachments.admin.lists import add_pictures
from core import search
from core.admin.lists import LONGEST_QUERY

_OF_EACH_KIND = 24


def search_page(request: HttpRequest) -> TemplateResponse:
    """What this person may see of it; a few of each kind, and the way to all of them."""
    words = request.GET.get("q", "")[:LONGEST_QUERY]
    groups = [_found(request, kind, words) for kind in search.kinds() if words.strip() and _may_see(request, kind)]
    context = {
        **admin.site.each_context(request),
        "title": "Search",
        "words": words,
        "groups": groups,
        "may_add_parts": request.user.has_perm("parts.add_part"),
    }
    return TemplateResponse(request, "admin/search.html", context)


def may_search(request: HttpRequest) -> bool:
    """Whether this person may see any kind of what is found."""
    return any(_may_see(request, kind) for kind in search.kinds())


def _may_see(request: HttpRequest, kind: search.Kind) -> bool:
    return admin.site.is_registered(kind.model) and admin.site.get_model_admin(kind.model).has_view_permission(request)


def _found(request: HttpRequest, kind: search.Kind, words: str) -> dict[str, Any]:
    names = kind.model._meta
    rows = search.find(admin.site.get_model_admin(kind.model).get_queryset(request), words)
    found = list(rows[: _OF_EACH_KIND + 1])
    search.count_search(kind.model, found=bool(found))
    page = f"admin:{names.app_label}_{names.model_name}"
    return {
        "name": names.verbose_name_plural,
        "rows": [(reverse(f"{page}_change", args=[row.pk]), row) for row in add_pictures(found[:_OF_EACH_KIND])],
        "has_more": len(found) > _OF_EACH_KIND,
        "list_url": f"{reverse(f'{page}_changelist')}?{urlencode({'q': words})}",
    }
