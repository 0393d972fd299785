"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from typing import Any

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.schema import NOT_BUILT, operation
from parts.api.views import find_part
from parts.models import Part

NOTHING: dict[str, Any] = {"type": "array", "items": {}, "maxItems": 0}
ANYTHING: dict[str, Any] = {"application/json": {"type": "object", "additionalProperties": True}}
NO_MEMBERSHIPS: dict[str, Any] = {
    "type": "object",
    "required": ["memberships"],
    "properties": {"memberships": NOTHING},
}


class NothingView(GenericAPIView[Part]):
    """An empty list."""

    filter_backends = ()

    def nothing(self) -> Response:
        """An empty page, with its headers."""
        self.paginate_queryset(Part.objects.none())
        return self.get_paginated_response([])


class BoxesView(NothingView):
    """Boxes to keep parts in."""

    @operation("list_boxes", answer=NOTHING, extensions=NOT_BUILT)
    def get(self, request: Request) -> Response:
        """Boxes to keep parts in."""
        return self.nothing()


class SellersView(NothingView):
    """Those who sell parts."""

    @operation("list_sellers", answer=NOTHING, extensions=NOT_BUILT)
    def get(self, request: Request) -> Response:
        """Those who sell parts."""
        return self.nothing()


class PartLocationsView(NothingView):
    """Where a part lies."""

    @operation("list_part_locations", answer=NOTHING, extensions=NOT_BUILT)
    def get(self, request: Request, key: str) -> Response:
        """Where a part lies; it has to exist."""
        find_part(key)
        return self.nothing()


class NoMembershipsView(APIView):
    """A question that is asked with POST, because it may name many. It reads, so it needs no permission."""

    def nothing(self, request: Request) -> Response:
        """No memberships. A body that cannot be read is refused all the same."""
        _: Any = request.data
        return Response({"memberships": []})


class PartShoppingListsView(NoMembershipsView):
    """Shopping lists of parts."""

    @operation("query_part_shopping_lists", body=ANYTHING, answer=NO_MEMBERSHIPS, extensions=NOT_BUILT)
    def post(self, request: Request) -> Response:
        """Which shopping lists parts are on."""
        return self.nothing(request)
