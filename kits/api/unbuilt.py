"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import FlagField, ListField, NumberField
from core.api.schema import NOT_BUILT, operation
from parts.api.unbuilt import NoMembershipsView, no_memberships

_KIT: dict[str, Any] = {"kit_id": {"type": "integer"}}
# The frontend asks for all kits at once.
_MOST = 10_000


class KitMembershipsInput(serializers.Serializer[Any]):
    """Numbers of kits."""

    example: ClassVar = {"kit_ids": [1], "include_done": False}

    kit_ids = ListField(child=NumberField(), min_length=1, max_length=_MOST)
    include_done = FlagField(required=False)


class KitShoppingListsView(NoMembershipsView):
    """Shopping lists of kits."""

    @operation(
        "query_kit_shopping_lists",
        body=KitMembershipsInput,
        answer=no_memberships(_KIT, "memberships"),
        extensions=NOT_BUILT,
    )
    def post(self, request: Request) -> Response:
        """Which shopping lists kits are on."""
        return self.nothing(request, question=KitMembershipsInput, names="memberships")


class KitPickListsView(NoMembershipsView):
    """Pick lists of kits."""

    @operation(
        "query_kit_pick_lists",
        body=KitMembershipsInput,
        answer=no_memberships(_KIT, "pick_lists"),
        extensions=NOT_BUILT,
    )
    def post(self, request: Request) -> Response:
        """Which pick lists kits have."""
        return self.nothing(request, question=KitMembershipsInput, names="pick_lists")
