"""The admin, with its name and its start page."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.cache import add_never_cache_headers
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

    def get_urls(self) -> list[Any]:
        """With what a page asks before it sends a form, and the page of the search."""
        return [
            path("session/", self.session_view, name="session"),
            path("search/", self.admin_view(_search_page), name="search"),
            *super().get_urls(),
        ]

    def session_view(self, request: HttpRequest) -> HttpResponse:
        """Whether the login of this browser still holds for the admin, as JSON. Never a login page."""
        response = JsonResponse({"logged_in": self.has_permission(request)})
        add_never_cache_headers(response)
        return response

    @override
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        # Not above: models are not there yet.
        from core.admin.history import with_history

        super().register(model_or_iterable, with_history(admin_class or admin.ModelAdmin), **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What people work with first; whatever is not in the list keeps its alphabetical place after it."""
        apps: list[Any] = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: _ORDER.get(app["app_label"], len(_ORDER)))

    @override
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        target = request.GET.get("next") or request.POST.get("next") or reverse("admin:index")
        context = {"sso_name": name, "sso_query": urlencode({"redirect": target})}
        response = super().login(request, {**context, **(extra_context or {})})
        if request.user.is_authenticated:
            # Or the short time of a way to the single sign-on that was not gone to its end would hold on.
            request.session.set_expiry(None)
        return response

    @override
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # Not above: the admins of the apps are registered here before they can be imported.
        from inventory.start_page import start_page

        return super().index(request, {**start_page(request), **(extra_context or {})})


def _search_page(request: HttpRequest) -> TemplateResponse:
    from inventory.search_page import search_page

    return search_page(request)
