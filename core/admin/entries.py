"""The whole history as one list."""

from django.contrib import admin

from core.admin.lists import CappedListAdmin
from core.admin.readonly import ReadOnlyAdmin
from core.history.models import HistoryEntry


@admin.register(HistoryEntry)
class HistoryAdmin(ReadOnlyAdmin[HistoryEntry], CappedListAdmin):
    """All changes of everything, also of what is gone, for those with the permission to see them."""

    list_display = ("at", "actor_name", "kind", "subject", "what")
    list_display_links = None
    list_filter = ("at", "content_type")
    search_fields = ("actor_name", "parameters__name")
    search_help_text = "Person, or name of what was changed"
    ordering = ("-id",)
    list_select_related = ("content_type",)

    @admin.display(description="Kind")
    def kind(self, entry: HistoryEntry) -> str:
        """What sort of row it was."""
        return entry.content_type.name

    @admin.display(description="Of")
    def subject(self, entry: HistoryEntry) -> str:
        """The row by its name at the time."""
        return entry.name

    @admin.display(description="What")
    def what(self, entry: HistoryEntry) -> str:
        """What happened to it."""
        return entry.text
