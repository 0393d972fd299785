"""Lists are bare arrays; where one is cut, headers tell the rest."""

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from typing_extensions import override

from core.numbers import whole_number
from core.search.hits import Hits

if TYPE_CHECKING:
    # REST framework imports this module while it imports its views.
    from rest_framework.views import APIView

MAX_LIMIT = 1000
_LARGEST_OFFSET = 2**62


def parameters(default_limit: int | None) -> list[dict[str, Any]]:
    """The OpenAPI parameters of a list."""
    limit: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
    if default_limit is not None:
        limit["default"] = default_limit
    offset = {"type": "integer", "minimum": 0, "maximum": _LARGEST_OFFSET, "default": 0}
    whole = "" if default_limit is not None else " The whole list, unless it is given."
    return [
        {"name": "limit", "in": "query", "schema": limit, "description": f"At most so many rows.{whole}"},
        {"name": "offset", "in": "query", "schema": offset, "description": "Without the first so many rows."},
    ]


class LimitOffset(LimitOffsetPagination):
    """`?limit=&offset=` with `X-Total-Count` and `Link` (RFC 8288).

    A view's `default_limit` holds when none is given; without it the list is whole.
    """

    count: int
    offset: int
    request: Request

    @override
    def get_limit(self, request: Request) -> int | None:
        return _number(request, "limit", self.default_limit, 1, MAX_LIMIT)

    @override
    def get_offset(self, request: Request) -> int:
        return _number(request, "offset", 0, 0, _LARGEST_OFFSET) or 0

    @override
    def get_count(self, queryset: Any) -> int:
        if isinstance(queryset, Hits) and self.limit is not None:
            # With the page comes the count.
            offset = self.get_offset(self.request)
            queryset[offset : offset + self.limit]
        return int(super().get_count(queryset))

    def paginate_queryset(self, queryset: Any, request: Request, view: "APIView | None" = None) -> list[Any]:
        """The rows asked for. Raises ValidationError for a limit or offset that is no such number."""
        self.default_limit = getattr(view, "default_limit", None)
        rows: list[Any] | None = super().paginate_queryset(queryset, request, view)
        if rows is None:
            whole, self.offset = list(queryset), self.get_offset(request)
            self.count, rows = len(whole), whole[self.offset :]
        return rows

    @override
    def get_paginated_response(self, data: Any) -> Response:
        links = ", ".join(f'<{self._page(at)}>; rel="{name}"' for name, at in self._pages().items())
        return Response(data, headers={"X-Total-Count": str(self.count), "Link": links})

    def _pages(self) -> dict[str, int]:
        # A whole list is one page.
        limit = self.limit or max(self.count, 1)
        last = max(0, (self.count - 1) // limit * limit)
        pages = {"first": 0, "last": last}
        if self.offset > 0:
            pages["prev"] = max(0, min(self.offset - limit, last))
        if self.offset + limit < self.count:
            pages["next"] = self.offset + limit
        return pages

    def _page(self, offset: int) -> str:
        url = self.request.build_absolute_uri()
        if self.limit is not None:
            url = replace_query_param(url, "limit", self.limit)
        return str(replace_query_param(url, "offset", offset))


def _number(request: Request, name: str, default: int | None, lowest: int, highest: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    number = whole_number(text, lowest, highest)
    if number is None:
        raise ValidationError({name: [f"Must be a whole number from {lowest} to {highest}."]})
    return number
