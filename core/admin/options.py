"""What the admin of a model says of the history of its rows."""

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from core.history.models import HistoryEntry


class HistoryOptions(admin.ModelAdmin[Any]):
    """Inherit to say otherwise; every admin of the site has these (`core.admin.history`)."""

    # Whether the services that the admin calls write the history themselves.
    services_record = False
    # The verbs of what a form of this page would take back. (Attachments and covers are changed one by one.)
    verbs_of_form: tuple[str, ...] = ("changed", "edited")

    def changes_of_form(self, object_id: str) -> QuerySet[HistoryEntry]:
        """The changes that a form of the row with this primary key would take back, the latest first."""
        content_type = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        # PostgreSQL refuses NUL, which an address may hold.
        entries = HistoryEntry.objects.filter(content_type=content_type, object_id=object_id.replace("\0", ""))
        return entries.filter(verb__in=self.verbs_of_form).order_by("-id")

    def name_in_history(self, row: Any) -> str:
        """What the history calls the row. Everybody who may see the history reads it."""
        return str(row)

    def lock_for_form(self, row: Any) -> None:
        """Let those who save a form of the row take turns, by the lock that its services take first."""
        list(self.model._base_manager.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).values("pk"))

    def history_of(self, row: Any) -> QuerySet[HistoryEntry]:
        """What the history page of the row shows, the latest first."""
        return HistoryEntry.objects.of(row)
