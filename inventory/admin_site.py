"""The admin, with its name and its start page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


class InventoryAdminSite(admin.AdminSite):
    """Everything else is Django's."""

    site_header = site_title = "Inventory"
    index_title = "Parts, kits and their documents"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The start page."""
        # Not above: the admins of the apps are registered here before they can be imported.
        from inventory.start_page import start_page

        return super().index(request, {**start_page(request), **(extra_context or {})})
