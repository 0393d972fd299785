"""Kits get sets, and hold up the way back while something is in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from attachments import migration_steps
from attachments.models import Attachment, AttachmentSet
from kits.models import Kit, KitContent
from parts.models import Part
from tests.kills import killed
from tests.parts.test_migrations import applied
from tests.plugins.migrations import QuickMigrator

LEGACY = ("kits", "0001_initial")
TODAY = ("kits", "0004_require_kit_attachment_set")
CREATED = datetime(2020, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
UPDATED = datetime(2021, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)


def legacy_kits(state: ProjectState, names: str = "ABCDE") -> None:
    kit: Any = state.apps.get_model("kits.Kit")
    for name in names:
        kit.objects.create(name=name)
    kit.objects.update(created_at=CREATED, updated_at=UPDATED)


def kits(state: ProjectState) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in state.apps.get_model("kits.Kit")._default_manager.values()}


# Reports of commands, an index, guessed kinds: nothing is lost when they go before the refusal.
MADE_AGAIN = {
    *(("attachments", "0006_removed_attachments"), ("parts", "0008_guess_kinds_of_attachments")),
    ("parts", "0009_index_parts_of_a_tag"),
    *(("cas", "0002_command_reports"), ("cas", "0003_index_blobs"), ("cas", "0004_name_stored_files")),
    *(("stock", "0001_initial"), ("stock", "0002_keep_stock_from_being_lost")),
}


def attach_to(kit: Kit) -> Attachment:
    return Attachment.objects.create(
        attachment_set=kit.attachment_set, attachment_type="url", title="Plan", url="https://example.com/"
    )


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_steps, "BATCH_SIZE", 2)


class TestSets:
    def test_every_kit_has_one_of_its_own(self, migrator: QuickMigrator) -> None:
        state = migrator.begin_at(LEGACY)
        legacy_kits(state)
        before = kits(state)
        Part.objects.create(description="Its set is its own")

        state = migrator.apply_tested_migration(TODAY)

        after = kits(state)
        sets = {row.pop("attachment_set_id") for row in after.values()}
        assert len(sets) == 5
        assert AttachmentSet.objects.count() == 6
        # Each is as old as its kit.
        assert set(AttachmentSet.objects.filter(pk__in=sets).values_list("created_at", "updated_at")) == {
            (CREATED, UPDATED)
        }
        assert not Part.objects.filter(attachment_set__in=sets).exists()
        assert after == before

    def test_kits_can_be_saved_afterwards(self, migrator: QuickMigrator) -> None:
        legacy_kits(migrator.begin_at(LEGACY))
        migrator.apply_tested_migration(TODAY)

        attach_to(Kit.objects.create(name="New"))
        attach_to(Kit.objects.get(name="A"))

        assert Attachment.objects.count() == 2

    def test_a_killed_run_goes_on(self, migrator: QuickMigrator) -> None:
        legacy_kits(migrator.begin_at(LEGACY))
        with killed("bulk_create", "attachments.AttachmentSet", after=2):
            migrator.apply_tested_migration(TODAY)
        assert AttachmentSet.objects.count() == 4

        migrator.apply_tested_migration(TODAY)

        assert AttachmentSet.objects.count() == 5


class TestTheWayBack:
    def test_takes_only_the_sets_of_kits_away(self, migrator: QuickMigrator) -> None:
        part = Part.objects.create(description="Stays")
        kit = Kit.objects.create(name="A")
        KitContent.objects.create(kit=kit, part=part, required_per_unit=3)

        state = migrator.apply_tested_migration(LEGACY)

        assert list(AttachmentSet.objects.values_list("part", flat=True)) == [part.pk]
        assert list(kits(state)) == ["A"]
        assert list(KitContent.objects.values_list("required_per_unit", flat=True)) == [3]

    @pytest.mark.parametrize(
        "target",
        [
            ("kits", "0001_initial"),
            ("parts", "0001_initial"),
            ("kits", None),
            ("parts", None),
            ("attachments", None),
            ("cas", None),
        ],
    )
    def test_refuses_while_kits_have_attachments(self, migrator: QuickMigrator, target: tuple[str, str | None]) -> None:
        for name in ("Radio", "Clock", "Empty"):
            Kit.objects.create(name=name)
        rows = [attach_to(Kit.objects.get(name=name)).pk for name in ("Radio", "Clock", "Clock")]
        before = applied()

        with pytest.raises(IrreversibleError, match=r"attachments of these kits: Clock, Radio\. Delete them first"):
            migrator.apply_tested_migration(target)

        assert before - applied() <= MADE_AGAIN
        assert list(Attachment.objects.order_by("pk").values_list("pk", flat=True)) == rows
        assert AttachmentSet.objects.count() == 3

    def test_names_some_of_very_many_kits(self, migrator: QuickMigrator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(migration_steps, "NAMES_SHOWN", 2)
        for name in "ABC":
            attach_to(Kit.objects.create(name=name))

        with pytest.raises(IrreversibleError, match=r"these kits: A, B and 1 more\."):
            migrator.apply_tested_migration(LEGACY)

    def test_refuses_from_half_way_too(self, migrator: QuickMigrator) -> None:
        attach_to(Kit.objects.create(name="Radio"))
        half_way = MigrationExecutor(connection)
        half_way.migrate([("kits", "0003_give_every_kit_a_set")], fake=True)

        with pytest.raises(IrreversibleError, match="these kits: Radio"):
            migrator.apply_tested_migration(LEGACY)

        MigrationExecutor(connection).migrate([TODAY], fake=True)
