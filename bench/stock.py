"""What keeping stock costs the server, and what totals and places add to a list of parts."""

import json
import statistics
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import IntegerField, Value
from django.test.utils import CaptureQueriesContext

from bench.clients import Request, ask
from bench.results import Figure
from bench.server import serving
from bench.views import answer_of, empty_site, median_cost
from core.prepared import PreparedBatch
from parts.api import includes, rows
from parts.api.views import PartsView
from parts.models import Part
from parts.services import create_part
from stock import services
from stock.api.boxes import BoxLocationsView
from stock.models import Box, Location, Stock

_ROUNDS = 41
_REQUESTS = 200
_MANY_PARTS = 100_000
# Sixteen boxes.
_PLACES_OF_A_BOX = 60
_BOXES = 16
# Its SQL is made at the first call, when there is no stock to compute.
_ROWS_WITHOUT_STOCK: PreparedBatch[Any] = PreparedBatch(lambda *ids: rows.rows_of_parts().filter(pk__in=ids))


def measure() -> Iterator[Figure]:
    """Processor time: adding stock beside the empty view, lists with and without stock, a few parts beside many."""
    with empty_site():
        _fill_a_little()
        yield _add_beside_the_empty_view()
        yield _list_with_and_without()
        yield _queries_of_a_large_box()
        few = _times()
        _fill_up()
        for name, milliseconds in _times().items():
            yield Figure(f"{name}, {_MANY_PARTS:,} parts", milliseconds, "ms", few[name], "the same with 50 parts", 1.5)
        yield replace(_list_with_and_without(), name=f"a list with totals and places, {_MANY_PARTS:,} parts")


def _fill_a_little() -> None:
    for _ in range(_BOXES):
        services.create_box(description="A box", capacity=_PLACES_OF_A_BOX)
    for number in range(50):
        part = create_part(description=f"{number} Ω resistor, 1 %, 100 mW, for general use")
        for step in range(2):
            services.add(part=part, box_no=number % _BOXES + 1, loc_no=1 + number % 20 + step, quantity=10)


def _fill_up() -> None:
    """Many parts, and some stock of each, without the services: they would take an hour."""
    from attachments.models import AttachmentSet

    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    taken = set(Part.objects.values_list("key", flat=True))
    keys = (a + b + c + d for a in letters for b in letters for c in letters for d in letters)
    free = (key for key in keys if key not in taken)
    places = list(Location.objects.values_list("pk", flat=True))
    for start in range(0, _MANY_PARTS, 5000):
        sets = AttachmentSet.objects.bulk_create(AttachmentSet() for _ in range(5000))
        parts = Part.objects.bulk_create(
            Part(key=next(free), description="A resistor", attachment_set=attachment_set) for attachment_set in sets
        )
        Stock.objects.bulk_create(
            Stock(part=part, location_id=places[(start + number) % len(places)], quantity=5)
            for number, part in enumerate(parts)
        )


def _add_beside_the_empty_view() -> Figure:
    """Of the whole server. The API is open: whoever logs in pays for that on every page alike."""
    with serving(INVENTORY_OPEN_API="true") as server:
        key = _post(server.port, "/api/parts", {"description": "A resistor"})["key"]
        _post(server.port, "/api/boxes", {"description": "A box", "capacity": 30})
        body = json.dumps({"box_no": 1, "loc_no": 1, "qty": 1}).encode()
        kind = "Content-Type: application/json\r\n"
        add, empty = Request(f"/api/inventory/parts/{key}/stock", 201, kind, "POST", body), Request("/bench/empty")
        costs: dict[Request, list[float]] = {add: [], empty: []}
        for request in costs:
            ask(server.port, request, 50)
        for _ in range(7):
            for request, values in costs.items():
                before = server.cpu_seconds()
                ask(server.port, request, _REQUESTS)
                values.append((server.cpu_seconds() - before) / _REQUESTS * 1000)
    adding, nothing = (statistics.median(costs[request]) for request in (add, empty))
    return Figure("adding stock: processor time", adding, "ms", nothing, "an empty view", 4.0)


def _post(port: int, path: str, body: dict[str, Any]) -> Any:
    address = f"http://127.0.0.1:{port}{path}"
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  (our own server)
        return json.loads(answer.read())


def _list_with_and_without() -> Figure:
    with_all = median_cost(lambda: _list("locations"), _ROUNDS)
    return Figure(
        "a list of 50 parts with totals and places",
        with_all,
        "ms",
        median_cost(_list_without_stock, _ROUNDS),
        "without",
        1.3,
    )


def _list_without_stock() -> None:
    nothing = {"total_quantity": Value(0), "minimum_quantity": Value(None, IntegerField())}
    with patch.object(includes, "_COMPUTED", nothing), patch.object(rows, "_PARTS", _ROWS_WITHOUT_STOCK):
        _list("")


def _list(include: str) -> None:
    answer_of(PartsView.as_view(), "/api/parts", {"limit": 50, "include": include})


def _queries_of_a_large_box() -> Figure:
    box = services.create_box(description="A large box", capacity=1000)
    with CaptureQueriesContext(connection) as queries:
        _box(box.number)
    # The count for the header of the page is not about the places.
    asked = [query["sql"] for query in queries if "COUNT(" not in query["sql"]]
    services.delete_box(box.number)
    return Figure("queries of a box of 1,000 places", len(asked), "", 2, "places and what lies in them", 1.0)


def _box(number: int) -> None:
    answer_of(BoxLocationsView.as_view(), f"/api/boxes/{number}/locations", {"include_parts": "true"}, box_no=number)


def _times() -> dict[str, float]:
    part = Part.objects.order_by("pk").first()
    assert part is not None
    box = Box.objects.order_by("number").first()
    assert box is not None
    return {
        "adding stock": median_cost(lambda: services.add(part=part, box_no=2, loc_no=50, quantity=1), _ROUNDS),
        "where a part lies": median_cost(lambda: services.places([part.pk]), _ROUNDS),
    }
