"""What the admin of a model says of the history of its rows."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from core.history.models import HistoryEntry


class HistoryOptions(admin.ModelAdmin[Any]):
    """Inherit to say otherwise; every admin of the site has these (`core.admin.history`)."""

    # Whether the services that the admin calls write the history themselves.
    services_record = False
    # The verbs of what a form of this page would take back. (Attachments and covers are changed one by one.)
    verbs_of_form: tuple[str, ...] = ("changed", "edited")

    def history_of(self, row: Any) -> QuerySet[HistoryEntry]:
        """What the history page of the row shows, the latest first."""
        return HistoryEntry.objects.of(row)
