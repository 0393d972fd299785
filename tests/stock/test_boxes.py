"""Boxes: numbers, places, and what a refusal says."""

import pytest
from django.core.exceptions import ValidationError

from core.errors import NotFoundError
from stock import services
from stock.errors import BoxInUseError, DuplicateBoxError, LocationInUseError
from stock.models import Box, Location, Movement
from tests.factories import BoxFactory, PartFactory, put

pytestmark = pytest.mark.django_db


def places(number: int) -> list[int]:
    return list(Location.objects.filter(box__number=number).order_by("number").values_list("number", flat=True))


class TestCreate:
    def test_numbers_boxes_from_one_and_makes_their_places(self) -> None:
        first, second = (services.create_box(description="Screws", capacity=3) for _ in range(2))
        assert (first.number, second.number) == (1, 2)
        assert places(1) == places(2) == [1, 2, 3]

    def test_takes_a_number_that_is_free(self) -> None:
        assert services.create_box(description="Screws", capacity=1, number=40).number == 40
        with pytest.raises(DuplicateBoxError, match=r"^A box with the number 40 exists already\.$"):
            services.create_box(description="Nuts", capacity=1, number=40)
        assert services.create_box(description="Nuts", capacity=1).number == 41

    def test_gives_no_number_again_that_the_ledger_names(self) -> None:
        part = PartFactory.create()
        put(part, "5-1", 1)
        services.remove(part=part, box_no=5, loc_no=1, quantity=1)
        services.delete_box(5)
        assert services.create_box(description="Screws", capacity=1).number == 6

    @pytest.mark.parametrize(
        ("description", "capacity", "number"),
        [
            ("", 1, None),
            ("x" * 256, 1, None),
            ("a\nb", 1, None),
            ("x", 0, None),
            ("x", 1001, None),
            ("x", 1, 0),
            ("x", 1, 2**31),
            ("x", -1, None),
            ("x", "many", None),
        ],
    )
    def test_refuses_what_is_out_of_range(self, description: str, capacity: int, number: int | None) -> None:
        with pytest.raises(ValidationError):
            services.create_box(description=description, capacity=capacity, number=number)
        assert not Box.objects.exists()


class TestChange:
    def test_grows_and_shrinks_at_the_end(self) -> None:
        BoxFactory.create(number=7, capacity=3)
        services.change_box(7, description="Larger", capacity=5)
        assert places(7) == [1, 2, 3, 4, 5]
        services.change_box(7, description="Smaller", capacity=2)
        assert places(7) == [1, 2]
        assert Box.objects.get(number=7).description == "Smaller"

    def test_names_what_lies_in_the_places_that_would_go(self) -> None:
        BoxFactory.create(number=7, capacity=20)
        parts = [PartFactory.create(key=key) for key in ("ABCD", "EFGH", "IJKL", "MNOP", "QRST")]
        for part, loc_no in zip(parts, (12, 14, 15, 16, 17), strict=True):
            put(part, f"7-{loc_no}", 1)
        put(parts[0], "7-10", 1)
        with pytest.raises(LocationInUseError) as refusal:
            services.change_box(7, description="x", capacity=10)
        assert str(refusal.value) == (
            "Cannot shrink box 7 to 10 places: 7-12 holds ABCD, 7-14 holds EFGH, and 3 others."
        )
        assert places(7) == list(range(1, 21))
        assert Box.objects.get(number=7).description == "Small parts"

    def test_of_no_box_is_unknown(self) -> None:
        with pytest.raises(NotFoundError):
            services.change_box(7, description="x", capacity=10)

    def test_keeps_the_ledger_of_a_place_that_goes(self) -> None:
        part = PartFactory.create()
        put(part, "7-6", 2)
        services.move(part=part, from_box_no=7, from_loc_no=6, to_box_no=7, to_loc_no=1, quantity=2)
        services.change_box(7, description="x", capacity=5)
        assert [row.route for row in Movement.objects.order_by("pk")] == ["7-6", "7-6 → 7-1"]
        assert Movement.objects.filter(to_location=None, from_location=None).count() == 1


class TestRenumber:
    def test_changes_the_address_and_not_the_ledger(self) -> None:
        part = PartFactory.create()
        movement = put(part, "7-3", 2)
        services.renumber_box(7, 9)
        assert str(part.stock.get()) == "2 pieces in 9-3"
        assert Movement.objects.get(pk=movement.pk).route == "7-3"

    def test_refuses_a_number_that_is_taken(self) -> None:
        BoxFactory.create(number=7)
        BoxFactory.create(number=8)
        with pytest.raises(DuplicateBoxError):
            services.renumber_box(7, 8)
        assert set(Box.objects.values_list("number", flat=True)) == {7, 8}


class TestDelete:
    def test_takes_the_places_along(self) -> None:
        BoxFactory.create(number=7)
        services.delete_box(7)
        assert not Location.objects.exists()
        with pytest.raises(NotFoundError):
            services.delete_box(7)

    @pytest.mark.parametrize(
        ("count", "says"),
        [
            (1, "Cannot delete box 7: it holds AAAA."),
            (3, "Cannot delete box 7: it holds AAAA, BBBB, CCCC."),
            (4, "Cannot delete box 7: it holds AAAA, BBBB, and 2 others."),
        ],
    )
    def test_names_what_lies_in_it(self, count: int, says: str) -> None:
        for key in ("AAAA", "BBBB", "CCCC", "DDDD")[:count]:
            put(PartFactory.create(key=key), "7-1", 1)
        with pytest.raises(BoxInUseError) as refusal:
            services.delete_box(7)
        assert str(refusal.value) == says
        assert Box.objects.exists()
