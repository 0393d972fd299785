"""What the pages of parts show of the stock, and the start page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from stock import services
from stock.models import Minimum, Movement
from tests.factories import BoxFactory, KitContentFactory, PartFactory, PartTypeFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestPanel:
    def test_shows_places_movements_and_kits_and_suggests_a_place(self, chief: Client) -> None:
        part = PartFactory.create(type=PartTypeFactory.create())
        put(part, "7-3", 17, note="from Anna")
        KitContentFactory.create(part=part, kit__name="Lamp", kit__build_target=3, required_per_unit=2)
        shown = text(chief.get(f"/admin/parts/part/{part.pk}/change/"))
        for words in ("/admin/stock/box/7/place/3/", "from Anna", "Lamp", "6 reserved", 'value="7-1"'):
            assert words in shown

    def test_changes_stock_and_minimum(self, chief: Client) -> None:
        part = PartFactory.create()
        BoxFactory.create(number=7)
        url = f"/admin/stock/movement/part/{part.pk}/"
        chief.post(url, {"action": "add", "place": "7-3", "quantity": 5})
        chief.post(url, {"action": "minimum", "quantity": "9"})
        assert services.totals([part.pk]) == {part.pk: 5}
        assert Minimum.objects.get().quantity == 9
        answer = chief.post(url, {"action": "remove", "place": "7-3", "quantity": 50}, follow=True)
        assert "There are 5 pieces of" in text(answer)
        chief.post(url, {"action": "minimum", "quantity": ""})
        assert not Minimum.objects.exists()

    def test_offers_only_what_the_person_may_do(self, staff: Callable[..., Client]) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        client = staff("parts.view_part")
        shown = text(client.get(f"/admin/parts/part/{part.pk}/change/"))
        assert "7-3" in shown
        assert "Put in" not in shown
        url = f"/admin/stock/movement/part/{part.pk}/"
        assert client.post(url, {"action": "add", "place": "7-3", "quantity": 5}).status_code == 403
        assert client.post(url, {"action": "minimum", "quantity": 5}).status_code == 403
        assert Movement.objects.count() == 1


class TestList:
    def test_shows_totals_and_filters_by_them(self, chief: Client) -> None:
        plenty, low, none = (PartFactory.create(key=key) for key in ("PLEN", "LOWA", "NONE"))
        put(plenty, "7-1", 1000)
        put(low, "7-2", 3)
        services.set_minimum(low, 3)

        def found(value: str) -> set[str]:
            return {part.key for part in chief.get(f"/admin/parts/part/?stock={value}").context["cl"].result_list}

        assert "1,000" in text(chief.get("/admin/parts/part/"))
        assert found("in") == {"PLEN", "LOWA"}
        assert found("out") == {none.key}
        assert found("below") == found("low") == {"LOWA"}

    def test_takes_as_many_queries_for_fifty_as_for_one(self, chief: Client) -> None:
        put(PartFactory.create(), "1-1", 1)
        chief.get("/admin/parts/part/")
        one = queries_of(lambda: chief.get("/admin/parts/part/"))
        for part in PartFactory.create_batch(49):
            put(part, "1-1", 1)
            services.set_minimum(part, 5)
        assert queries_of(lambda: chief.get("/admin/parts/part/")) == one


@pytest.fixture
def counted_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


class TestStartPage:
    def test_shows_stock_and_what_runs_low(self, chief: Client, counted_anew: None) -> None:
        part = PartFactory.create(key="LOWA", manufacturer_code="NE555P")
        put(part, "7-1", 2, note="from Anna")
        services.set_minimum(part, 10)
        answer = chief.get("/admin/")
        counts = answer.context["stock"]
        assert (counts.pieces, counts.boxes, counts.week, counts.month, counts.low) == (2, 1, 1, 1, 1)
        assert [(low.key, low.total) for low in answer.context["low_stock"]] == [("LOWA", 2)]
        for words in ("from Anna", "1 / 6", "?stock=low", "of at least"):
            assert words in text(answer)

    def test_tells_nothing_to_who_may_not_see_it(self, staff: Callable[..., Client], counted_anew: None) -> None:
        put(PartFactory.create(key="LOWA"), "7-1", 2, note="from Anna")
        shown = text(staff("kits.view_kit").get("/admin/"))
        assert "LOWA" not in shown
        assert "from Anna" not in shown
