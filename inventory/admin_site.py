"""The admin, with its name and its start page."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from typing_extensions import override

_ORDER = {label: place for place, label in enumerate(("parts", "stock", "kits", "attachments", "cas"))}


class InventoryAdminSite(admin.AdminSite):
    """Django's admin site with a start page and an order of apps."""

    site_header = site_title = "Inventory"
    index_title = "Parts, stock, kits and their documents"
    # There is no other site to view: the root leads here.
    site_url = None
    # For everybody, not for staff only: it is the frontend's login page too. The admin itself still asks for staff.
    login_form = AuthenticationForm

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What people work with first; whatever is not in the list keeps its alphabetical place after it."""
        apps: list[Any] = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: _ORDER.get(app["app_label"], len(_ORDER)))

    @override
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        target = request.GET.get("next") or request.POST.get("next") or reverse("admin:index")
        context = {"sso_name": name, "sso_query": urlencode({"redirect": target})}
        return super().login(request, {**context, **(extra_context or {})})

    @override
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # Not above: the admins of the apps are registered here before they can be imported.
        from inventory.start_page import start_page

        return super().index(request, {**start_page(request), **(extra_context or {})})
