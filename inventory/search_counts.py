"""How large the index of the search is, for `/metrics`: each process counts rarely, because it takes its time."""

import time
from collections.abc import Iterator

import structlog
from django.db import DatabaseError
from django.db.models import Count, Sum
from django.db.models.functions import Length
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.models import SearchEntry

logger = structlog.get_logger(__name__)

_SECONDS_KEPT = 600


class IndexCollector(Collector):
    """`search_entries` and `search_characters`, by kind."""

    def __init__(self) -> None:
        self._counted: list[tuple[str, int, int]] = []
        self._kept_until = 0.0

    def collect(self) -> Iterator[Metric]:
        """One query, at most every ten minutes. Without the database what was counted last."""
        if time.monotonic() >= self._kept_until:
            try:
                self._counted = _count()
            except DatabaseError:
                logger.exception("search_counts_unavailable")
            else:
                self._kept_until = time.monotonic() + _SECONDS_KEPT
        entries = GaugeMetricFamily("search_entries", "Entries of the search's index.", labels=["kind"])
        characters = GaugeMetricFamily("search_characters", "Characters of their tokens.", labels=["kind"])
        for kind, number, length in self._counted:
            entries.add_metric([kind], number)
            characters.add_metric([kind], length)
        yield from (entries, characters)


def _count() -> list[tuple[str, int, int]]:
    rows = SearchEntry.objects.order_by().values_list("kind").annotate(n=Count("pk"), length=Sum(Length("tokens")))
    return list(rows)
