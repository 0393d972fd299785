"""The four-letter keys that people write on drawers."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction

from attachments.models import AttachmentSet
from parts import keys
from parts.errors import NoFreeKeyError
from parts.models import Part
from tests.factories import PartFactory


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two letters make sixteen keys."""
    monkeypatch.setattr(keys, "ALPHABET", "AB")


def nothing_taken(candidates: set[str]) -> set[str]:
    return set()


class TestDraw:
    def test_is_four_upper_case_letters(self) -> None:
        drawn = {keys.draw(nothing_taken, lambda: 0) for _ in range(200)}
        assert all(key is not None and keys.is_key(key) for key in drawn)

    def test_is_not_to_be_guessed(self) -> None:
        drawn = [keys.draw(nothing_taken, lambda: 0) for _ in range(200)]
        assert len(set(drawn)) > 190

    @pytest.mark.usefixtures("few_keys")
    def test_finds_the_last_free_one(self) -> None:
        everything = {a + b + c + d for a in "AB" for b in "AB" for c in "AB" for d in "AB"}
        assert keys.draw(lambda candidates: candidates & (everything - {"ABBA"}), lambda: 15) == "ABBA"

    @pytest.mark.usefixtures("few_keys")
    def test_gives_up_when_all_are_in_use(self) -> None:
        assert keys.draw(lambda candidates: candidates, lambda: 16) is None

    def test_looks_again_while_there_must_be_a_free_one(self) -> None:
        answers: Iterator[bool] = iter([True, True, False])
        assert keys.draw(lambda candidates: candidates if next(answers) else set(), lambda: 26**4 - 1) is not None


class TestIsKey:
    @pytest.mark.parametrize("text", ["ABCD", "ZZZZ"])
    def test_knows_keys(self, text: str) -> None:
        assert keys.is_key(text)

    @pytest.mark.parametrize("text", ["", "ABC", "ABCDE", "abcd", "ABC1", "ABCD\n", "AB\x00D", "ÄÖÜß"])
    def test_knows_other_texts(self, text: str) -> None:
        assert not keys.is_key(text)


@pytest.mark.django_db
class TestPart:
    def test_gets_one_when_it_is_first_saved_and_keeps_it(self) -> None:
        part = Part(description="A resistor")
        assert part.key == ""
        part.save()
        key = part.key
        part.save()
        assert Part.objects.get().key == key
        assert keys.is_key(key)

    def test_keeps_one_that_it_was_given(self) -> None:
        assert PartFactory.create(key="ABCD").key == "ABCD"

    def test_draws_again_when_somebody_was_faster(self, monkeypatch: pytest.MonkeyPatch) -> None:
        PartFactory.create(key="AAAA")
        drawn = iter(["AAAA", "BBBB"])
        monkeypatch.setattr(keys, "at_random", lambda: "AAAA")
        monkeypatch.setattr(keys, "draw", lambda taken, count: next(drawn))
        assert PartFactory.create().key == "BBBB"
        assert AttachmentSet.objects.count() == 2

    def test_does_not_draw_again_for_other_faults(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "draw", lambda taken, count: pytest.fail("drawn again"))
        part = Part(description="A resistor", pin_count=0)
        with pytest.raises(IntegrityError), transaction.atomic():
            part.save()
        assert part.key == ""

    @pytest.mark.usefixtures("few_keys")
    def test_all_different_until_none_is_left(self) -> None:
        made = PartFactory.create_batch(16)
        assert len({part.key for part in made}) == 16
        with pytest.raises(NoFreeKeyError, match="All four-letter part keys are in use"):
            PartFactory.create()
        assert AttachmentSet.objects.count() == 16

        made[3].delete()

        assert PartFactory.create().key == made[3].key
