"""What keeping stock costs the server, and what totals and places add to a list of parts."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.test import force_authenticate

from bench.results import Figure
from inventory.auth import LocalUser
from parts.api.views import PartsView
from parts.models import Part
from parts.services import create_part
from stock import services
from stock.api.boxes import BoxLocationsView
from stock.api.quantities import PartStockView
from stock.models import Box, Location, Stock

_ROUNDS = 41
_MANY_PARTS = 100_000
# Sixteen boxes.
_PLACES_OF_A_BOX = 60
_BOXES = 16


def measure() -> Iterator[Figure]:
    """Processor time: adding stock beside the empty view, lists with and without stock, a few parts beside many."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        connection.settings_dict["NAME"] = str(Path(folder) / "bench.sqlite3")
        call_command("migrate", verbosity=0)
        _fill_a_little()
        yield _add_beside_the_empty_view()
        yield _list_with_and_without()
        yield _queries_of_a_large_box()
        few = _times()
        _fill_up()
        for name, milliseconds in _times().items():
            yield Figure(f"{name}, {_MANY_PARTS:,} parts", milliseconds, "ms", few[name], "the same with 50 parts", 1.5)
        connection.close()


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
    part = Part.objects.order_by("pk").first()
    assert part is not None
    client, view = Client(), PartStockView.as_view()
    body = json.dumps({"box_no": 1, "loc_no": 1, "qty": 1})

    def add() -> None:
        request = RequestFactory().post(
            f"/api/inventory/parts/{part.key}/stock", body, "application/json", headers={"Host": "localhost"}
        )
        force_authenticate(request, user=LocalUser())
        if view(request, key=part.key).status_code != 201:
            raise RuntimeError("nothing was added")

    def empty() -> None:
        client.get("/bench/empty", headers={"Host": "localhost"})

    return Figure("adding stock", _median(add), "ms", _median(empty), "the empty view with middleware", 4.0)


def _list_with_and_without() -> Figure:
    with_all = _median(lambda: _list("locations"))
    return Figure(
        "a list of 50 parts with totals and places", with_all, "ms", _median(_list_without_stock), "without", 1.3
    )


def _list_without_stock() -> None:
    from parts.api import includes

    kept = dict(includes._LOADERS)
    for name in ("total_quantity", "minimum_quantity"):
        includes._LOADERS.pop(name)
    try:
        _list("")
    finally:
        includes._LOADERS.update(kept)


def _list(include: str) -> None:
    view: Callable[[HttpRequest], Any] = PartsView.as_view()
    query: dict[str, Any] = {"limit": 50, "include": include}
    request = RequestFactory().get("/api/parts", query, headers={"Host": "localhost"})
    force_authenticate(request, user=LocalUser())
    answer = view(request).render()
    if answer.status_code != 200:
        raise RuntimeError("the list is not what it should be")


def _queries_of_a_large_box() -> Figure:
    box = services.create_box(description="A large box", capacity=1000)
    with CaptureQueriesContext(connection) as queries:
        _box(box.number)
    # The count for the header of the page is not about the places.
    asked = [query["sql"] for query in queries if "COUNT(" not in query["sql"]]
    services.delete_box(box.number)
    return Figure("queries of a box of 1,000 places", len(asked), "", 2, "places and what lies in them", 1.0)


def _box(number: int) -> None:
    view: Any = BoxLocationsView.as_view()
    url = f"/api/boxes/{number}/locations"
    request = RequestFactory().get(url, {"include_parts": "true"}, headers={"Host": "localhost"})
    force_authenticate(request, user=LocalUser())
    if view(request, box_no=number).render().status_code != 200:
        raise RuntimeError("the box is not what it should be")


def _times() -> dict[str, float]:
    part = Part.objects.order_by("pk").first()
    assert part is not None
    box = Box.objects.order_by("number").first()
    assert box is not None
    return {
        "adding stock": _median(lambda: services.add(part=part, box_no=2, loc_no=50, quantity=1)),
        "a list of 50 parts with places": _median(lambda: _list("locations")),
        "where a part lies": _median(lambda: services.places([part.pk])),
    }


def _median(call: Callable[[], object]) -> float:
    times = []
    call()
    for _ in range(_ROUNDS):
        started = time.process_time()
        call()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)
