"""Who may log in: people who come from the provider of the single sign-on, and programs with a token."""

from typing import ClassVar

from django.contrib import admin
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy
from typing_extensions import override

from core.admin.options import HistoryOptions
from inventory.models import SingleSignOnIdentity


@admin.register(SingleSignOnIdentity)
class SingleSignOnIdentityAdmin(admin.ModelAdmin[SingleSignOnIdentity]):
    """Changing the user hands an identity to another account: to one that was here before the single sign-on."""

    list_display = ("subject", "user", "issuer")
    list_select_related = ("user",)
    search_fields = ("subject", "user__username")
    raw_id_fields: ClassVar = ("user",)


admin.site.unregister(TokenProxy)


@admin.register(TokenProxy)
class NamelessTokenAdmin(HistoryOptions, TokenAdmin):
    """As REST framework's, but the history does not tell the token, which is its text."""

    @override
    def name_in_history(self, row: TokenProxy) -> str:
        return f"Token of {row.user}"
