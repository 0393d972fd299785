"""Taking movements back."""

import pytest
from django.contrib.auth.models import User

from core.errors import NotFoundError
from parts.services import delete_part
from stock import services
from stock.errors import (
    AlreadyReversedError,
    InsufficientStockError,
    IsReversalError,
    LocationGoneError,
    NotByHandError,
)
from stock.findings import findings
from stock.models import Kind, Movement
from tests.factories import PartFactory, put

pytestmark = pytest.mark.django_db


class TestReverse:
    def test_of_an_add_takes_the_pieces_out(self, superuser: User) -> None:
        part = PartFactory.create()
        movement = put(part, "7-3", 5)
        reversal = services.reverse(movement.pk, by=superuser, note="wrong drawer")
        assert services.totals([part.pk])[part.pk] == 0
        assert (reversal.kind, reversal.route, reversal.delta) == ("correct", "7-3", -5)
        assert (reversal.reverses, reversal.user, reversal.note) == (movement, superuser, "wrong drawer")
        assert list(findings()) == []

    def test_of_a_removal_puts_them_back_where_they_were(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        taken = services.remove(part=part, box_no=7, loc_no=3, quantity=2)
        services.renumber_box(7, 9)
        reversal = services.reverse(taken.pk)
        # The ledger tells each row with the number of its day.
        assert (reversal.route, taken.route) == ("9-3", "7-3")
        assert str(part.stock.get()) == "5 pieces in 9-3"
        assert list(findings()) == []

    def test_of_a_move_swaps_the_sides(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        put(part, "8-1", 1)
        moved = services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=8, to_loc_no=1, quantity=4)
        assert services.reverse(moved.pk).route == "8-1 → 7-3"
        assert sorted(str(row) for row in part.stock.all()) == ["1 piece in 8-1", "5 pieces in 7-3"]

    def test_of_a_pick_is_a_return(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        cause = services.Cause("pick_list", 5, "pick list 5 of kit Lamp")
        pick = services.remove(part=part, box_no=7, loc_no=3, quantity=2, kind=Kind.PICK, cause=cause)
        reversal = services.reverse(pick.pk, owner=True)
        assert (reversal.kind, reversal.source_text) == ("return", "pick list 5 of kit Lamp")

    def test_is_done_once(self) -> None:
        movement = put(PartFactory.create(), "7-3", 5)
        reversal = services.reverse(movement.pk)
        with pytest.raises(AlreadyReversedError) as refusal:
            services.reverse(movement.pk)
        assert str(refusal.value) == f"This was taken back already, by movement {reversal.pk}."
        with pytest.raises(IsReversalError, match=r"^A reversal cannot be reversed; enter it anew\.$"):
            services.reverse(reversal.pk)

    def test_needs_the_pieces(self) -> None:
        part = PartFactory.create()
        movement = put(part, "7-3", 5)
        services.remove(part=part, box_no=7, loc_no=3, quantity=1)
        with pytest.raises(InsufficientStockError):
            services.reverse(movement.pk)

    def test_needs_the_place(self) -> None:
        part = PartFactory.create()
        put(part, "7-6", 5)
        taken = services.remove(part=part, box_no=7, loc_no=6, quantity=5)
        services.change_box(7, description="x", capacity=5)
        with pytest.raises(LocationGoneError, match=r"^The place 7-6 does not exist any more\.$"):
            services.reverse(taken.pk)

    def test_needs_the_part(self) -> None:
        part = PartFactory.create()
        put(part, "7-3", 5)
        taken = services.remove(part=part, box_no=7, loc_no=3, quantity=5)
        delete_part(part)
        with pytest.raises(NotFoundError):
            services.reverse(taken.pk)
        with pytest.raises(NotFoundError):
            services.reverse(10**6)

    def test_of_what_another_table_stands_on_is_its_owners(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # No table of today refers to movements; those of purchasing and picking will.
        monkeypatch.setattr("stock.services.reversals.stands_on", lambda movement: True)
        part = PartFactory.create()
        put(part, "7-3", 5)
        cause = services.Cause("pick_list", 5, "pick list 5 of kit Lamp")
        pick = services.remove(part=part, box_no=7, loc_no=3, quantity=2, kind=Kind.PICK, cause=cause)
        with pytest.raises(NotByHandError, match=r"^This came from pick list 5 of kit Lamp; undo it there\.$"):
            services.reverse(pick.pk)
        assert services.reverse(pick.pk, owner=True).reverses == pick
        assert Movement.objects.count() == 3
