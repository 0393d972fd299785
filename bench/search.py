"""What searches of a list of parts take, with the count of what is found, when there are very many parts."""

import math
import time
from collections.abc import Iterator

from bench.databases import both, refresh_statistics
from bench.large import fill
from bench.results import Figure
from bench.views import answer_of
from parts.api.views import PartsView

_ROUNDS = 3
# By number of parts: milliseconds.
_LIMITS = {100_000: 100, 400_000: 250}
# As people type them: rare and common words, beginnings, codes, several words, words of files, and what is not there.
_QUERIES = (
    *(
        "resistor",
        "capac",
        "diode yageo",
        "transistor sot23",
        "murata",
        "qfn",
        "general use",
        "rex12",
        "dix4077",
        "caX99",
    ),
    *(
        "AAAB",
        "abcd",
        "bqzk",
        "sheet1234",
        "sheet 5678",
        "777",
        "1206 vishay",
        "crystal abracon",
        "relay omron",
        "tag-3",
    ),
    *("tag12 fuse", "soic8", "timer dip", "regulator to220", "inductor 0805 bourns", "sensor 451", "memory microchip"),
    *(
        "switch alps 300",
        "connector molex",
        "amplifier",
        "comparator 12 sot",
        "display toshiba",
        "micro",
        "transf",
        "kemet",
    ),
    *("unobtainium", "resistor unobtainium", "000000000abc", "resistor 470 2512", "tssop14 rohm"),
)


def measure() -> Iterator[Figure]:
    """The 95th percentile of forty searches, each with three letters or more, on both databases."""
    for parts, limit in _LIMITS.items():
        for database in both():
            fill(parts)
            refresh_statistics()
            times = sorted(_milliseconds(query) for query in _QUERIES)
            slow = times[math.ceil(len(times) * 0.95) - 1]
            yield Figure(f"search, p95, {parts:,}, {database}", slow, "ms", limit, f"{limit} ms", 1.0)


def _milliseconds(query: str) -> float:
    """How long the first page takes, the database included: the middle one of some tries."""
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        answer_of(PartsView.as_view(), "/api/parts", {"q": query})
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[_ROUNDS // 2]
