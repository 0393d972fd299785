"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import body
from core.api.fields import FlagField, ListField, TextField
from core.api.pages import PAGE_STATUSES
from core.api.query import flag
from core.api.schema import NOT_BUILT, operation, query
from parts.api.serializers import NOTHING
from parts.models import Part

# The frontend asks for all parts or kits of a page at once.
_MOST = 10_000


class NothingView(GenericAPIView[Part]):
    """An empty list."""

    filter_backends = ()

    def nothing(self) -> Response:
        """An empty page, with its headers."""
        self.paginate_queryset(Part.objects.none())
        return self.get_paginated_response([])


class SellersView(NothingView):
    """Those who sell parts."""

    @operation("list_sellers", answer=NOTHING, extensions=NOT_BUILT)
    def get(self, request: Request) -> Response:
        """Those who sell parts."""
        return self.nothing()


class ShoppingListsView(NothingView):
    """Lists of what to buy."""

    @operation(
        "list_shopping_lists",
        answer=NOTHING,
        extensions=NOT_BUILT,
        query=[
            query("include_done", {"type": "boolean", "default": False}, "With those that are done."),
            query("status", {"type": "array", "items": {"type": "string", "enum": ["active", "done"]}}, "Of these."),
        ],
    )
    def get(self, request: Request) -> Response:
        """Lists of what to buy."""
        flag(request, "include_done")
        if set(request.query_params.getlist("status")) - {"active", "done"}:
            raise ValidationError({"status": ["Must be active or done."]})
        return self.nothing()


class NoMembershipsView(APIView):
    """A question that is asked with POST, because it may name many. It reads, so it needs no permission."""

    page_statuses = PAGE_STATUSES

    def nothing(self, request: Request, *, question: type[serializers.Serializer[Any]], names: str) -> Response:
        """No memberships of each thing that is asked for, in that order. Raises ValidationError."""
        asked = body.read(question, request.data)
        [(plural, keys)] = [(name, value) for name, value in asked.items() if name != "include_done"]
        return Response({"memberships": [{plural[:-1]: key, names: []} for key in dict.fromkeys(keys)]})


def no_memberships(key: dict[str, Any], names: str) -> dict[str, Any]:
    """The schema of the answer: for each key an empty list of this name."""
    [(name, schema)] = key.items()
    item = {"type": "object", "required": [name, names], "properties": {name: schema, names: NOTHING}}
    return {
        "type": "object",
        "required": ["memberships"],
        "properties": {"memberships": {"type": "array", "items": item}},
    }


class PartMembershipsInput(serializers.Serializer[Any]):
    """Keys of parts."""

    example: ClassVar = {"part_keys": ["ABCD"], "include_done": False}

    part_keys = ListField(child=TextField(max_length=10), min_length=1, max_length=_MOST)
    include_done = FlagField(required=False, allow_null=True)


class PartShoppingListsView(NoMembershipsView):
    """Shopping lists of parts."""

    @operation(
        "query_part_shopping_lists",
        body=PartMembershipsInput,
        answer=no_memberships({"part_key": {"type": "string"}}, "memberships"),
        extensions=NOT_BUILT,
    )
    def post(self, request: Request) -> Response:
        """Which shopping lists parts are on."""
        return self.nothing(request, question=PartMembershipsInput, names="memberships")
