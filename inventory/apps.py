"""The project itself: settings, routes, errors, figures."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory import checks  # noqa: F401  (registers the system checks)
        from inventory.schema import extensions  # noqa: F401  (registers what the schema knows of fields and views)
