"""Apps of others, as the admin of this project shows them."""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin import apps


class AdminSiteConfig(apps.AdminConfig):
    """Django's admin with this project's start page."""

    default_site = "inventory.admin_site.InventoryAdminSite"


class LoginsConfig(AxesConfig):  # type: ignore[misc]  # (untyped)
    """django-axes, with a name that says what is in it."""

    verbose_name = "Logins"
