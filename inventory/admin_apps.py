"""Django's admin as an app of this project."""

from django.contrib.admin import apps


class AdminSiteConfig(apps.AdminConfig):
    """With our start page."""

    default_site = "inventory.admin_site.InventoryAdminSite"
