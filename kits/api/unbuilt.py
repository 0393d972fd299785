"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import NOT_BUILT, operation
from parts.api.unbuilt import ANYTHING, NO_MEMBERSHIPS, NoMembershipsView


class KitShoppingListsView(NoMembershipsView):
    """Shopping lists of kits."""

    @operation("query_kit_shopping_lists", body=ANYTHING, answer=NO_MEMBERSHIPS, extensions=NOT_BUILT)
    def post(self, request: Request) -> Response:
        """Which shopping lists kits are on."""
        return self.nothing(request)


class KitPickListsView(NoMembershipsView):
    """Pick lists of kits."""

    @operation("query_kit_pick_lists", body=ANYTHING, answer=NO_MEMBERSHIPS, extensions=NOT_BUILT)
    def post(self, request: Request) -> Response:
        """Which pick lists kits have."""
        return self.nothing(request)
