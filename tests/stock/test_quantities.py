"""Pieces in, out, and from place to place; the ledger of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.errors import NotFoundError
from inventory.auth import LocalUser
from parts.models import Part
from parts.services import delete_part
from stock import services
from stock.errors import InsufficientStockError, NoSuchLocationError, QuantityTooLargeError, SamePlaceError
from stock.findings import findings
from stock.limits import MAX_QUANTITY
from stock.models import Box, Kind, Location, Movement, Stock
from tests.factories import BoxFactory, PartFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def there(part: Part) -> dict[str, int]:
    return {str(row.location): row.quantity for row in Stock.objects.filter(part=part).by_place()}


class TestAdd:
    def test_adds_up_and_writes_who_and_why(self, superuser: User) -> None:
        part = PartFactory.create(description="Timer\nin a small package")
        put(part, "7-3", 10)
        cause = services.Cause("shopping_list", 12, "Spring order, line 4")
        movement = services.add(
            part=part, box_no=7, loc_no=3, quantity=7, by=superuser, kind=Kind.RECEIVE, cause=cause, note="from Anna"
        )
        assert (there(part), movement.there) == ({"7-3": 17}, 17)
        stored = Movement.objects.get(pk=movement.pk)
        assert (stored.kind, stored.quantity, stored.delta, stored.route) == ("receive", 7, 7, "7-3")
        assert (stored.part_key, stored.part_text) == (part.key, part.description)
        assert (stored.user, stored.user_name) == (superuser, "chief")
        assert (stored.source, stored.source_id, stored.source_text) == ("shopping_list", 12, "Spring order, line 4")
        assert stored.note == "from Anna"

    @pytest.mark.parametrize("by", [None, LocalUser()])
    def test_by_nobody_is_the_local_user(self, by: Any) -> None:
        movement = put(PartFactory.create(), "7-3", 1, by=by)
        assert (movement.user, movement.user_name) == (None, "Local user")

    @pytest.mark.parametrize(
        ("place", "says"),
        [
            ((7, 31), "There is no place 7-31: box 7 has 30."),
            ((9, 1), "There is no box 9."),
            ((10**30, 1), f"There is no box {10**30}."),
        ],
    )
    def test_into_no_place_is_refused(self, place: tuple[int, int], says: str) -> None:
        BoxFactory.create(number=7, capacity=30)
        with pytest.raises(NoSuchLocationError) as refusal:
            services.add(part=PartFactory.create(), box_no=place[0], loc_no=place[1], quantity=1)
        assert (str(refusal.value), refusal.value.fields) == (says, {"loc_no": [says]})

    def test_stops_at_the_limit(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", MAX_QUANTITY - 1)
        with pytest.raises(QuantityTooLargeError, match=r"^More than 1,000,000,000 pieces cannot be kept in one place"):
            put(part, "7-3", 2)
        put(part, "7-3", 1)
        assert there(part) == {"7-3": MAX_QUANTITY}

    @pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1, 1.5, "3", True, None])
    def test_refuses_what_is_no_quantity(self, quantity: Any) -> None:
        BoxFactory.create(number=7)
        with pytest.raises(ValidationError) as refusal:
            services.add(part=PartFactory.create(), box_no=7, loc_no=1, quantity=quantity)
        assert list(refusal.value.message_dict) == ["qty"]

    def test_of_a_part_that_is_gone_is_unknown(self) -> None:
        part = PartFactory.create()
        BoxFactory.create(number=7)
        Part.objects.filter(pk=part.pk).delete()
        with pytest.raises(NotFoundError):
            put(part, "7-1", 1)

    def test_takes_the_same_few_statements_however_much_is_there(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 1)
        few = queries_of(lambda: put(part, "7-3", 1))
        for loc_no in range(1, 7):
            put(PartFactory.create(), f"7-{loc_no}", 1)
            put(part, f"7-{loc_no}", 1)
        assert queries_of(lambda: put(part, "7-3", 1)) == few


class TestRemove:
    def test_takes_pieces_and_keeps_the_place(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        services.remove(part=part, box_no=7, loc_no=3, quantity=2)
        assert there(part) == {"7-3": 3}
        movement = services.remove(part=part, box_no=7, loc_no=3, quantity=3)
        assert (there(part), movement.delta) == ({}, -3)
        assert Location.objects.filter(box__number=7, number=3).exists()

    @pytest.mark.parametrize(
        ("stock", "says"),
        [
            (3, "There are 3 pieces of ABCD in 7-3, not 5."),
            (1, "There is 1 piece of ABCD in 7-3, not 5."),
            (0, "There are 0 pieces of ABCD in 7-3, not 5."),
        ],
    )
    def test_of_more_than_there_are_changes_nothing(self, stock: int, says: str) -> None:
        part = PartFactory.create(key="ABCD")
        BoxFactory.create(number=7)
        if stock:
            put(part, "7-3", stock)
        with pytest.raises(InsufficientStockError) as refusal:
            services.remove(part=part, box_no=7, loc_no=3, quantity=5)
        assert str(refusal.value) == says
        assert sum(there(part).values()) == stock
        assert Movement.objects.filter(kind="remove").count() == 0


class TestMove:
    def test_is_one_movement_and_changes_no_total(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        put(part, "8-1", 1)
        movement = services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=8, to_loc_no=1, quantity=5)
        assert there(part) == {"8-1": 6}
        assert (movement.kind, movement.delta, movement.route) == ("move", 0, "7-3 → 8-1")

    def test_to_where_they_are_is_refused(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        with pytest.raises(SamePlaceError, match=r"^The pieces are in 7-3 already\.$"):
            services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=7, to_loc_no=3, quantity=1)

    def test_that_cannot_arrive_does_not_leave(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        put(part, "8-1", MAX_QUANTITY)
        for target in ((8, 1), (8, 99), (99, 1)):
            with pytest.raises((QuantityTooLargeError, NoSuchLocationError)):
                services.move(
                    part=part, from_box_no=7, from_loc_no=3, to_box_no=target[0], to_loc_no=target[1], quantity=5
                )
        assert there(part) == {"7-3": 5, "8-1": MAX_QUANTITY}
        assert list(findings()) == []


class TestLedger:
    def test_cannot_be_changed_or_deleted(self) -> None:
        movement = put(PartFactory.create(), "7-3", 5)
        rows = Movement.objects.filter(pk=movement.pk)
        for forbidden in (
            movement.save,
            movement.delete,
            rows.delete,
            lambda: rows.update(quantity=1),
            lambda: Movement.objects.bulk_update([movement], ["quantity"]),
        ):
            with pytest.raises(TypeError, match="reverse"):
                forbidden()
        assert rows.get().quantity == 5

    def test_survives_part_box_and_person(self, superuser: User) -> None:
        part = PartFactory.create(key="ABCD", description="Timer")
        put(part, "7-3", 5, by=superuser)
        services.remove(part=part, box_no=7, loc_no=3, quantity=5, by=superuser)
        delete_part(part)
        services.delete_box(7)
        superuser.delete()
        for row in Movement.objects.all():
            assert (row.part, row.user, row.from_location, row.to_location) == (None, None, None, None)
            assert (row.part_key, row.part_text, row.user_name, row.route) == ("ABCD", "Timer", "chief", "7-3")
        assert list(findings()) == []

    @pytest.mark.parametrize(
        "wrong",
        [
            {"quantity": 0},
            {"to_loc": None},
            {"to_box": None, "to_loc": None},
            {"from_box": 8, "from_loc": 1},
            {"kind": "remove"},
            {"kind": "move"},
            {"kind": "move", "from_box": 7, "from_loc": 3},
            {"kind": "correct"},
            {"kind": "other"},
        ],
    )
    def test_of_nonsense_is_refused_by_the_database(self, wrong: dict[str, Any]) -> None:
        row = {"kind": "add", "quantity": 1, "part_key": "ABCD", "to_box": 7, "to_loc": 3, **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            Movement.objects.create(**row)


class TestPartWithStock:
    def test_cannot_be_deleted_and_the_sentence_says_where_it_lies(self) -> None:
        from parts.errors import PartInUseError

        part = PartFactory.create(key="ABCD")
        put(part, "7-3", 17)
        with pytest.raises(PartInUseError, match="17 pieces in 7-3"):
            delete_part(part)

    def test_had_some_and_has_none_can_be_deleted(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 1)
        services.remove(part=part, box_no=7, loc_no=3, quantity=1)
        delete_part(part)
        assert Box.objects.exists()


class TestTotalsAndPlaces:
    def test_take_one_query_for_any_number(self) -> None:
        parts = PartFactory.create_batch(50)
        for number, part in enumerate(parts, 1):
            put(part, f"{number % 3 + 1}-{number % 5 + 1}", number)
        ids = [part.pk for part in parts]
        put(parts[0], "9-1", 4)
        assert queries_of(lambda: services.totals(ids)) == queries_of(lambda: services.places(ids)) == 1
        assert services.totals(ids)[parts[0].pk] == 5
        assert [tuple(place) for place in services.places(ids)[parts[0].pk]] == [(2, 2, 1), (9, 1, 4)]
        bare = PartFactory.create().pk
        assert (services.totals([bare]), services.places([bare])) == ({bare: 0}, {bare: []})
