"""From the legacy schema to sets, back, and forward again."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django_test_migrations.types import MigrationTarget
from pytest_django.plugin import DjangoDbBlocker

from attachments import migration_steps
from attachments.models import Attachment, AttachmentSet
from tests.kills import killed
from tests.plugins.database import empty_tables
from tests.plugins.migrations import QuickMigrator

LEGACY: list[MigrationTarget] = [("parts", "0001_initial"), ("kits", "0001_initial")]
TODAY: list[MigrationTarget] = [
    ("parts", "0007_drop_legacy_attachments"),
    ("kits", "0004_require_kit_attachment_set"),
]
COPIED: MigrationTarget = ("parts", "0006_move_covers_to_sets")

STORED = "5" * 64
OTHER = "0a" * 32
UNKNOWN = "f" * 64
NOBODYS = 987_654

Table = dict[Any, dict[str, Any]]


def at(day: int) -> datetime:
    """A moment long ago, to the microsecond."""
    return datetime(2020, 3, day, 4, 5, 6, 789_012, tzinfo=UTC)


def put(model: Any, **columns: Any) -> Any:
    """Insert a row, with its timestamps where given: `auto_now` overwrites those that `create()` gets."""
    row = model.objects.create(**columns)
    model.objects.filter(pk=row.pk).update(**columns)
    return row


def rows(state: ProjectState, label: str) -> Table:
    """All rows of the table, by primary key; none if there is no such table yet, or any more."""
    try:
        model: Any = state.apps.get_model(label)
    except LookupError:
        return {}
    return {row[model._meta.pk.attname]: row for row in model.objects.order_by("pk").values()}


@dataclass
class Snapshot:
    """What the tables hold at one point of the journey."""

    parts: dict[str, dict[str, Any]]
    tagged: set[tuple[int, int]]
    legacy: Table
    attachments: Table
    sets: Table

    @classmethod
    def of(cls, state: ProjectState) -> "Snapshot":
        part: Any = state.apps.get_model("parts.Part")
        return cls(
            parts={row["key"]: row for row in part.objects.values()},
            tagged=set(part.tags.through.objects.values_list("part_id", "tag_id")),
            legacy=rows(state, "parts.PartAttachment"),
            attachments=rows(state, "attachments.Attachment"),
            sets=rows(state, "attachments.AttachmentSet"),
        )

    def set_of(self, key: str) -> dict[str, Any]:
        return self.sets[self.parts[key]["attachment_set_id"]]

    def in_order(self, key: str) -> list[int]:
        """The ids of a part's attachments, as people see them."""
        own = [row for row in self.attachments.values() if row["attachment_set_id"] == self.set_of(key)["id"]]
        return [row["id"] for row in sorted(own, key=lambda row: (row["position"], row["id"]))]


@dataclass
class Journey:
    """Snapshots on the way, and the ids that rows inserted there got."""

    legacy: Snapshot
    today: Snapshot
    uploaded: int
    back: Snapshot
    added: int
    again: Snapshot
    uploaded_again: int


def legacy_rows(state: ProjectState) -> None:
    part: Any = state.apps.get_model("parts.Part")
    attachment: Any = state.apps.get_model("parts.PartAttachment")
    tag = state.apps.get_model("parts.Tag")._default_manager.create(name="smd")
    many, stranger, orphan, _ = (
        put(part, key=key, description=f"Part {key}", created_at=at(day), updated_at=at(day + 1))
        for day, key in enumerate(("MANY", "STRA", "ORPH", "BARE"), start=1)
    )
    many.tags.add(tag)

    def attach(pk: int, owner: Any, kind: str, **columns: Any) -> None:
        stamps = {"created_at": at(10), "updated_at": at(11)}
        put(attachment, id=pk, part=owner, attachment_type=kind, **{"title": f"No. {pk}"} | columns | stamps)

    # Interleaved and with gaps, so that neither batches nor positions can be right by accident.
    image = {"content_type": "image/png", "filename": "a.png", "file_size": 70}
    attach(10, many, "image", s3_key="parts/1/attachments/a.png", **image)
    attach(11, stranger, "pdf", s3_key="parts/2/attachments/ünï côdé 電.pdf")
    attach(12, many, "pdf", s3_key="parts/1/attachments/b c.pdf", content_type="application/pdf")
    attach(13, many, "url", url="https://example.com/?a=b&c=%20")
    attach(15, stranger, "image", s3_key=None, **image)
    attach(16, many, "pdf", s3_key="", filename="only the name.pdf", title="")
    attach(17, stranger, "url", url=None)
    attach(18, many, "url", url="", s3_key="parts/1/attachments/page.png")
    attach(20, stranger, "image", s3_key="parts/1/attachments/a.png", **image)
    attach(21, many, "zip", s3_key="parts/1/attachments/c.zip", file_size=-1)
    attach(22, many, "image", s3_key=f"cas/{UNKNOWN}")
    attach(30, many, "image", s3_key="k" * 500, title="t" * 255, url="u" * 2000, filename="f" * 255)
    for owner, cover in ((many, 10), (stranger, 12), (orphan, NOBODYS)):
        part.objects.filter(pk=owner.pk).update(cover_attachment_id=cover)


def todays_work(state: ProjectState, today: Snapshot) -> int:
    """What people and `migrate_to_cas` may do before somebody goes back; returns the id of an upload."""
    attachment: Any = state.apps.get_model("attachments.Attachment")
    sets: Any = state.apps.get_model("attachments.AttachmentSet")
    for digest in (STORED, OTHER):
        state.apps.get_model("cas.Blob")._default_manager.create(digest=digest, size=70)
    uploaded = attachment.objects.create(
        attachment_set_id=today.set_of("BARE")["id"], attachment_type="image", title="New", blob_id=OTHER
    )
    attachment.objects.filter(pk=10).update(blob=STORED)
    attachment.objects.filter(pk=12).update(blob=STORED, legacy_key="", title="Renamed")
    attachment.objects.filter(pk=13).update(blob=OTHER)
    for key, cover in (("STRA", 15), ("BARE", uploaded.pk), ("ORPH", 10)):
        sets.objects.filter(pk=today.set_of(key)["id"]).update(cover_attachment=cover)
    return int(uploaded.pk)


def travel(migrator: QuickMigrator) -> Journey:
    # Without the content store and the sets there is exactly what a legacy installation has.
    migrator.apply_tested_migration(("cas", None))
    state = migrator.apply_tested_migration(LEGACY)
    legacy_rows(state)
    legacy = Snapshot.of(state)

    state = migrator.apply_tested_migration(TODAY)
    today = Snapshot.of(state)
    uploaded = todays_work(state, today)

    state = migrator.apply_tested_migration(LEGACY)
    back = Snapshot.of(state)
    assert not rows(state, "attachments.AttachmentSet")
    added = state.apps.get_model("parts.PartAttachment")._default_manager.create(
        part_id=back.parts["BARE"]["id"], attachment_type="url", title="Added", url="https://example.com/"
    )

    state = migrator.apply_tested_migration(TODAY)
    again = Snapshot.of(state)
    last = state.apps.get_model("attachments.Attachment")._default_manager.create(
        attachment_set_id=again.set_of("BARE")["id"],
        attachment_type="url",
        title="Last",
        url="https://a.test/",
    )
    return Journey(legacy, today, uploaded, back, int(added.pk), again, int(last.pk))


@pytest.fixture(scope="module")
def journey(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Journey:
    """One journey for all tests that only look at it: migrations are slow."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration_steps, "BATCH_SIZE", 2)
        migrator = QuickMigrator()
        try:
            taken = travel(migrator)
        finally:
            migrator.reset()
            empty_tables()
    return taken


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_steps, "BATCH_SIZE", 2)


def new_part(state: ProjectState) -> Any:
    """A part with a set, as the historical models know it."""
    its_set = state.apps.get_model("attachments.AttachmentSet")._default_manager.create()
    return state.apps.get_model("parts.Part")._default_manager.create(
        key="LATE", description="Late", attachment_set=its_set
    )


def applied() -> set[tuple[str, str]]:
    return set(MigrationExecutor(connection).loader.applied_migrations)


class TestSets:
    def test_every_part_has_one_of_its_own(self, journey: Journey) -> None:
        sets = [part["attachment_set_id"] for part in journey.today.parts.values()]

        assert len(set(sets)) == len(sets) == 4
        assert set(sets) == set(journey.today.sets)

    def test_a_set_is_as_old_as_its_part(self, journey: Journey) -> None:
        its_set = journey.today.set_of("STRA")

        assert (its_set["created_at"], its_set["updated_at"]) == (at(2), at(3))

    def test_the_parts_are_otherwise_as_they_were(self, journey: Journey) -> None:
        moved = {"attachment_set_id", "cover_attachment_id"}
        for key, part in journey.legacy.parts.items():
            for later in (journey.today, journey.back, journey.again):
                assert {name: later.parts[key][name] for name in part.keys() - moved} == {
                    name: part[name] for name in part.keys() - moved
                }

    def test_tags_stay(self, journey: Journey) -> None:
        assert len(journey.legacy.tagged) == 1
        for later in (journey.today, journey.back, journey.again):
            assert later.tagged == journey.legacy.tagged

    def test_the_legacy_table_and_column_are_gone(self, journey: Journey) -> None:
        assert journey.today.legacy == {}
        assert "cover_attachment_id" not in journey.today.parts["MANY"]


class TestCopyAttachments:
    def test_ids_and_timestamps_stay(self, journey: Journey) -> None:
        assert journey.today.attachments.keys() == journey.legacy.legacy.keys()
        for row in journey.today.attachments.values():
            assert (row["created_at"], row["updated_at"]) == (at(10), at(11))

    def test_the_order_is_that_of_the_ids_and_positions_count_from_zero(self, journey: Journey) -> None:
        assert journey.today.in_order("MANY") == [10, 12, 13, 16, 18, 21, 22, 30]
        assert journey.today.in_order("STRA") == [11, 15, 17, 20]
        assert journey.today.in_order("ORPH") == journey.today.in_order("BARE") == []

        for key in journey.today.parts:
            ids = journey.today.in_order(key)
            assert [journey.today.attachments[pk]["position"] for pk in ids] == list(range(len(ids)))

    def test_columns_stay(self, journey: Journey) -> None:
        same = ("attachment_type", "title", "url", "filename", "content_type", "file_size")
        row, legacy = journey.today.attachments[12], journey.legacy.legacy[12]

        assert {name: row[name] for name in same} == {name: legacy[name] or row[name] for name in same}
        assert (row["url"], row["filename"], row["file_size"]) == ("", "", None)

    def test_the_longest_values_stay(self, journey: Journey) -> None:
        row = journey.today.attachments[30]

        assert [len(row[name]) for name in ("legacy_key", "title", "url", "filename")] == [
            500,
            255,
            2000,
            255,
        ]

    def test_the_next_rows_get_new_ids_on_every_way(self, journey: Journey) -> None:
        assert (journey.uploaded, journey.added, journey.uploaded_again) == (31, 32, 33)


class TestMoveCovers:
    def test_the_cover_moves_to_the_set(self, journey: Journey) -> None:
        assert journey.today.set_of("MANY")["cover_attachment_id"] == 10

    def test_an_attachment_of_another_part_is_no_cover(self, journey: Journey) -> None:
        assert journey.legacy.parts["STRA"]["cover_attachment_id"] == 12
        assert journey.today.set_of("STRA")["cover_attachment_id"] is None

    def test_a_cover_that_points_to_nothing_is_dropped(self, journey: Journey) -> None:
        assert journey.legacy.parts["ORPH"]["cover_attachment_id"] == NOBODYS
        assert journey.today.set_of("ORPH")["cover_attachment_id"] is None

    def test_no_cover_stays_none(self, journey: Journey) -> None:
        assert journey.today.set_of("BARE")["cover_attachment_id"] is None


class TestTheWayBack:
    def test_every_attachment_is_back(self, journey: Journey) -> None:
        assert journey.back.legacy.keys() == journey.legacy.legacy.keys() | {journey.uploaded}
        for pk, row in journey.legacy.legacy.items():
            assert journey.back.legacy[pk]["part_id"] == row["part_id"]
            assert (journey.back.legacy[pk]["created_at"], journey.back.legacy[pk]["updated_at"]) == (
                at(10),
                at(11),
            )

    def test_rows_that_nobody_changed_are_as_they_were(self, journey: Journey) -> None:
        for pk in (10, 11, 15, 17, 20, 22, 30):
            assert journey.back.legacy[pk] == journey.legacy.legacy[pk]

    def test_covers_are_back(self, journey: Journey) -> None:
        covers = {key: part["cover_attachment_id"] for key, part in journey.back.parts.items()}

        assert covers == {"MANY": 10, "STRA": 15, "BARE": journey.uploaded, "ORPH": None}

    def test_the_sets_are_gone(self, journey: Journey) -> None:
        assert journey.back.sets == journey.back.attachments == {}
        assert "attachment_set_id" not in journey.back.parts["MANY"]


class TestForwardAgain:
    def test_every_attachment_is_there(self, journey: Journey) -> None:
        assert journey.again.attachments.keys() == journey.back.legacy.keys() | {journey.added}
        assert journey.again.in_order("BARE") == [journey.uploaded, journey.added]

    def test_digests_become_blobs(self, journey: Journey) -> None:
        blobs = {pk: (row["blob_id"], row["legacy_key"]) for pk, row in journey.again.attachments.items()}

        assert blobs[12] == (STORED, "")
        assert blobs[13] == blobs[journey.uploaded] == (OTHER, "")
        assert blobs[10] == (None, "parts/1/attachments/a.png")
        assert blobs[22] == (None, f"cas/{UNKNOWN}")

    def test_what_people_did_before_is_kept(self, journey: Journey) -> None:
        assert journey.again.attachments[12]["title"] == "Renamed"


@pytest.mark.usefixtures("batches_of_two")
class TestAKilledRun:
    def test_goes_on(self, migrator: QuickMigrator) -> None:
        legacy_rows(migrator.begin_at(LEGACY))
        for method, model, after in (
            ("bulk_create", "attachments.AttachmentSet", 1),
            ("bulk_create", "attachments.Attachment", 2),
            ("bulk_update", "attachments.AttachmentSet", 0),
        ):
            with killed(method, model, after=after):
                migrator.apply_tested_migration(TODAY)

        today = Snapshot.of(migrator.apply_tested_migration(TODAY))

        assert len(today.sets) == 4
        assert today.set_of("MANY")["cover_attachment_id"] == 10
        assert today.in_order("MANY") == [10, 12, 13, 16, 18, 21, 22, 30]
        assert [row["position"] for row in today.attachments.values()] == [0, 0, 1, 2, 1, 3, 2, 4, 3, 5, 6, 7]

    def test_can_be_taken_back(self, migrator: QuickMigrator) -> None:
        state = migrator.begin_at(LEGACY)
        legacy_rows(state)
        before = Snapshot.of(state)
        with killed("bulk_create", "attachments.Attachment", after=2):
            migrator.apply_tested_migration(TODAY)

        state = migrator.apply_tested_migration(LEGACY)

        assert Snapshot.of(state) == before
        assert not AttachmentSet.objects.exists()

    def test_on_the_way_back_goes_on(self, migrator: QuickMigrator) -> None:
        state = migrator.begin_at(LEGACY)
        legacy_rows(state)
        before = Snapshot.of(state)
        migrator.apply_tested_migration(TODAY)
        for method, model, after in (
            ("bulk_update", "parts.Part", 0),
            ("bulk_create", "parts.PartAttachment", 2),
            ("delete", "attachments.Attachment", 1),
            ("delete", "attachments.AttachmentSet", 1),
        ):
            with killed(method, model, after=after):
                migrator.apply_tested_migration(LEGACY)

        back = Snapshot.of(migrator.apply_tested_migration(LEGACY))

        assert back.legacy.keys() == before.legacy.keys()
        assert back.parts["MANY"] == before.parts["MANY"]

    @pytest.mark.parametrize(
        ("method", "model", "after"),
        [("bulk_create", "parts.PartAttachment", 2), ("delete", "attachments.AttachmentSet", 1)],
    )
    def test_on_the_way_back_can_turn_round(self, migrator: QuickMigrator, method: str, model: str, after: int) -> None:
        legacy_rows(migrator.begin_at(LEGACY))
        today = Snapshot.of(migrator.apply_tested_migration(TODAY))
        with killed(method, model, after=after):
            migrator.apply_tested_migration(LEGACY)

        assert Snapshot.of(migrator.apply_tested_migration(TODAY)) == today


class TestDropLegacyAttachments:
    def test_refuses_while_a_row_is_not_copied(self, migrator: QuickMigrator) -> None:
        state = migrator.begin_at(COPIED)
        part = new_part(state)
        legacy: Any = state.apps.get_model("parts.PartAttachment")
        legacy.objects.create(pk=77, part=part, attachment_type="url", title="Late", url="https://a.test/")

        with pytest.raises(RuntimeError, match=r"have not been copied into sets: 77\."):
            migrator.apply_tested_migration(TODAY)

        assert legacy.objects.count() == 1
        migrator.apply_tested_migration(("parts", "0004_require_part_attachment_set"))
        assert list(rows(migrator.apply_tested_migration(TODAY), "attachments.Attachment")) == [77]

    if connection.vendor == "postgresql":  # On SQLite Django itself refuses to alter a database with such a row.

        def test_refuses_while_a_row_belongs_to_no_part(self, migrator: QuickMigrator) -> None:
            state = migrator.begin_at(LEGACY)
            legacy: Any = state.apps.get_model("parts.PartAttachment")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                legacy.objects.create(pk=78, part_id=NOBODYS, attachment_type="pdf", title="Lost", s3_key="a")

            with pytest.raises(RuntimeError, match=r"have not been copied into sets: 78\."):
                migrator.apply_tested_migration(TODAY)

            legacy.objects.all().delete()

    def test_refuses_to_go_back_while_an_attachment_has_no_part(self, migrator: QuickMigrator) -> None:
        migrator.apply_tested_migration(TODAY)
        lost = Attachment.objects.create(
            attachment_set=AttachmentSet.objects.create(),
            attachment_type="url",
            title="Lost",
            url="https://a.test/",
        )
        before = applied()

        with pytest.raises(IrreversibleError, match=f"belong to no part: {lost.pk}\\."):
            migrator.apply_tested_migration(LEGACY)

        assert {name for name in before - applied() if name[0] not in {"kits", "stock"}} == set()
        assert Attachment.objects.count() == 1


@pytest.mark.usefixtures("batches_of_two")
class TestTheLog:
    def test_tells_how_far_it_is(
        self, migrator: QuickMigrator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(migration_steps, "PROGRESS_EVERY", 5)
        legacy_rows(migrator.begin_at(LEGACY))
        caplog.clear()

        with caplog.at_level(logging.INFO, logger="attachments.migration_steps"):
            migrator.apply_tested_migration(TODAY)

        assert [message for message in caplog.messages if "copied" in message] == [
            "attachments copied into sets: 6 of 12",
            "attachments copied into sets: 10 of 12",
            "attachments copied into sets: 12 of 12",
        ]

    def test_names_dropped_covers(self, migrator: QuickMigrator, caplog: pytest.LogCaptureFixture) -> None:
        legacy_rows(migrator.begin_at(LEGACY))

        migrator.apply_tested_migration(TODAY)

        assert [message for message in caplog.messages if message.startswith("part ")] == [
            "part STRA: attachment 12 is not one of its attachments, so it is not its cover any more",
            f"part ORPH: attachment {NOBODYS} is not one of its attachments, so it is not its cover any more",
        ]


class TestTheGraph:
    def test_every_app_can_leave_and_return(self, migrator: QuickMigrator) -> None:
        before = applied()

        for app in ("kits", "cas", "attachments", "parts"):
            migrator.apply_tested_migration((app, None))
            assert app not in {label for label, _ in applied()}
        migrator.apply_tested_migration(MigrationExecutor(connection).loader.graph.leaf_nodes())

        assert applied() == before

    def test_the_legacy_schema_needs_no_sets(self, migrator: QuickMigrator) -> None:
        migrator.apply_tested_migration(("cas", None))

        assert {name for name in applied() if name[0] in ("cas", "attachments", "parts", "kits")} == set(LEGACY)
