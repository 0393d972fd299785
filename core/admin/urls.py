"""URLs of the admin's pages."""

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse


def admin_url(row: Model) -> str | None:
    """Where the admin shows a row, or None when it does not."""
    if not admin.site.is_registered(type(row)):
        return None
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
