"""The tables of what every app uses and nobody owns."""

from core.history.models import HistoryEntry, SavedForm

__all__ = ["HistoryEntry", "SavedForm"]
