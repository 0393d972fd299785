"""What pages of a list of parts take when there are very many."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.databases import both, refresh_statistics
from bench.large import fill
from bench.results import Figure
from bench.views import answer_of
from parts.api.views import PartsView

_FEW = 1_000
_MANY = 400_000
_ROUNDS = 11
_MAY_GROW_BY_MILLISECONDS = 100
_NARROWED: dict[str, dict[str, Any]] = {
    "with files": {"has_attachments": "true"},
    "without": {"has_attachments": "false"},
    "of a type": {"type_id": 3},
    "with a tag": {"tag": "tag-3"},
}


def measure() -> Iterator[Figure]:
    """Time of the first and the last page, with few parts and with many, on both databases."""
    few = {}
    for database in both():
        fill(_FEW)
        refresh_statistics()
        few[database] = milliseconds({})
    for database in both():
        fill(_MANY)
        refresh_statistics()
        yield from _pages(database, few[database] + _MAY_GROW_BY_MILLISECONDS)


def milliseconds(query: dict[str, Any]) -> float:
    """How long the answer takes, the database included: the median, after a first call that is not counted."""
    times = []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        answer_of(PartsView.as_view(), "/api/parts", query)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])


def _pages(database: str, most: float) -> Iterator[Figure]:
    first = milliseconds({})
    yield Figure(f"first page, {_MANY:,}, {database}", first, "ms", most, f"{_FEW:,} parts, and 100 ms", 1.0)
    yield Figure(
        f"last page, {_MANY:,}, {database}", milliseconds({"offset": _MANY - 50}), "ms", first, "the first page", 5.0
    )
    for name, query in _NARROWED.items():
        yield Figure(
            f"first page {name}, {database}", milliseconds(query), "ms", most, f"{_FEW:,} parts, and 100 ms", 1.0
        )
