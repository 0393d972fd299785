"""Routes that the frontend asks for on every page, of features that do not exist yet: nothing is there."""

from parts.api.unbuilt import NoMembershipsView


class KitShoppingListsView(NoMembershipsView):
    """Which shopping lists kits are on."""


class KitPickListsView(NoMembershipsView):
    """Which pick lists kits have."""
