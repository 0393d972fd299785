"""The tables of what every app uses and nobody owns."""

from core.history.models import HistoryEntry, SavedForm
from core.search.models import SearchEntry

__all__ = ["HistoryEntry", "SavedForm", "SearchEntry"]
