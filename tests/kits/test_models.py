"""What a kit and its contents may be."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from kits.models import Kit, KitContent
from parts.models import Part
from tests.factories import KitContentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db


class TestNames:
    def test_tell_the_kit(self) -> None:
        content = KitContentFactory.create(kit__name="Radio")
        assert (str(content.kit), str(content)) == ("Radio", "kit Radio")


class TestKit:
    def test_name_is_unique(self) -> None:
        KitFactory.create(name="Radio")
        with pytest.raises(ValidationError, match="A kit with this name already exists"):
            Kit(name="Radio").full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            KitFactory.create(name="Radio")

    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "archived"},
            {"status": "active", "archived_at": timezone.now()},
            {"status": "lost"},
            {"build_target": -1},
        ],
        ids=["archived without a date", "active with one", "unknown status", "negative target"],
    )
    def test_is_kept_honest_by_the_database(self, columns: dict[str, Any]) -> None:
        kit = KitFactory.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            Kit.objects.filter(pk=kit.pk).update(**columns)

    def test_has_a_sentence_for_a_status_without_its_date(self) -> None:
        with pytest.raises(ValidationError, match="An archived kit has the date of archiving"):
            Kit(name="Radio", status="archived").full_clean()


class TestContent:
    @pytest.mark.parametrize("required", [0, -1])
    def test_is_at_least_one_even_for_the_database(self, required: int) -> None:
        content = KitContentFactory.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            KitContent.objects.filter(pk=content.pk).update(required_per_unit=required)

    def test_has_a_part_once_even_for_the_database(self) -> None:
        content = KitContentFactory.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            KitContentFactory.create(kit=content.kit, part=content.part)
        KitContentFactory.create(part=content.part)

    def test_keeps_its_part(self) -> None:
        content = KitContentFactory.create()
        with pytest.raises(ProtectedError):
            content.part.delete()
        assert Part.objects.get() == content.part


class TestLists:
    def test_of_kits_are_by_name(self) -> None:
        radio, clock = KitFactory.create(name="Radio"), KitFactory.create(name="Clock")
        assert list(Kit.objects.for_list()) == [clock, radio]

    def test_of_contents_are_by_age(self) -> None:
        kit = KitFactory.create()
        rows = [KitContentFactory.create(kit=kit, part=part) for part in reversed(PartFactory.create_batch(3))]
        assert list(Kit.objects.for_detail().get().contents.all()) == rows
