"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from typing import Any

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from parts.api.views import find_part
from parts.models import Part


class NothingView(GenericAPIView[Part]):
    """An empty list."""

    filter_backends = ()

    def get(self, request: Request) -> Response:
        """Nothing."""
        self.paginate_queryset(Part.objects.none())
        return self.get_paginated_response([])


class BoxesView(NothingView):
    """Boxes to keep parts in."""


class SellersView(NothingView):
    """Those who sell parts."""


class PartLocationsView(NothingView):
    """Where a part lies."""

    def get(self, request: Request, key: str) -> Response:  # type: ignore[override]
        """Nowhere, but the part has to exist."""
        find_part(key)
        return super().get(request)


class NoMembershipsView(APIView):
    """A question that is asked with POST, because it may name many; reading, so it needs no permission."""

    def post(self, request: Request) -> Response:
        """None."""
        _: Any = request.data  # a body that cannot be read is refused all the same
        return Response({"memberships": []})


class PartShoppingListsView(NoMembershipsView):
    """Which shopping lists parts are on."""
