"""Lists of the admin that stay quick however many rows there are: nobody counts all of them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from typing_extensions import override

from core import search
from core.numbers import whole_number

_PAGES_AHEAD = 20
_LAST_PAGE = 99_999_999
LONGEST_QUERY = 200


class CappedPaginator(Paginator[Any]):
    """Looks some pages further than the one that is asked for, and stops there."""

    asked_page = 1
    is_capped = False

    @cached_property
    def keys(self) -> list[Any]:
        """The primary keys from the page that is asked for on, in order: a search is made once, not twice."""
        keys = self._look()
        if not keys and self.asked_page > 1:
            # There is no such page. How many there are is told by the first.
            self.asked_page = 1
            keys = self._look()
        return keys

    @cached_property
    def count(self) -> int:
        """How many rows there are, or how many were seen when there are more: see `is_capped`."""
        seen = len(self.keys)
        return int(self.per_page) * (self.asked_page - 1) + seen

    def _look(self) -> list[Any]:
        rows: Any = self.object_list
        start = int(self.per_page) * (self.asked_page - 1)
        ahead = int(self.per_page) * (_PAGES_AHEAD + 1)
        keys = list(rows.values_list("pk", flat=True)[start : start + ahead + 1])
        self.is_capped = len(keys) > ahead
        return keys[:ahead]


class CappedChangeList(ChangeList):
    """Knows whether there are more rows than were counted, so that the page can say so."""

    is_capped = False

    @override
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.query:
            search.count_search(self.model, found=self.result_count > 0)
        self.is_capped = self.paginator.is_capped
        keys = self.paginator.keys
        if self.multi_page and not (self.show_all and self.can_show_all):
            keys = keys[: self.list_per_page]
        rows = self.root_queryset.in_bulk(keys)
        self.result_list = self.prepare([rows[key] for key in keys if key in rows])

    def prepare(self, rows: list[Any]) -> list[Any]:
        """The rows, with whatever a kind of list needs beside them."""
        return rows


class CappedListAdmin(admin.ModelAdmin[Any]):
    """Inherit for a list that may become long."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By `core.search`, where the rows are searched; the order that somebody has chosen stays."""
        if search.kind_of(self.model) is None:
            return super().get_search_results(request, queryset, search_term[:LONGEST_QUERY])
        keep_order = ORDER_VAR in request.GET
        return search.find(queryset, search_term[:LONGEST_QUERY], keep_order=keep_order), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list that tells when it has not counted everything."""
        return CappedChangeList

    @override
    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Any:
        paginator = CappedPaginator(queryset, per_page, *args, **kwargs)
        asked = request.GET.get(PAGE_VAR) or request.GET.get("page") or ""
        if ALL_VAR not in request.GET:
            paginator.asked_page = whole_number(asked, 1, _LAST_PAGE) or 1
        return paginator
