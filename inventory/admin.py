"""Who may log in as whom from the provider of the single sign-on."""

from typing import ClassVar

from django.contrib import admin

from inventory.models import SingleSignOnIdentity


@admin.register(SingleSignOnIdentity)
class SingleSignOnIdentityAdmin(admin.ModelAdmin[SingleSignOnIdentity]):
    """Changing the user hands an identity to another account: to one that was here before the single sign-on."""

    list_display = ("subject", "user", "issuer")
    list_select_related = ("user",)
    search_fields = ("subject", "user__username")
    raw_id_fields: ClassVar = ("user",)
