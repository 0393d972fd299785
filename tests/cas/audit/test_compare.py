"""The comparison of rows and store: everything that is wrong is found, and nothing else is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from attachments.models import Attachment, AttachmentSet
from cas.audit import compare
from cas.audit.compare import Comparison, UnsortedListingError, ascending, merged
from cas.audit.findings import Finding, Kind, Severity, further_findings
from cas.errors import StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol import collect
from cas.storage import CASStorage, StoredObject
from parts.models import Part
from tests.factories import KitFactory, PartFactory
from tests.plugins.blobs import DATA, DIGEST, purge, refer_to
from tests.plugins.database import queries_of
from tests.plugins.faults import Faults, overwrite, put_stranger

pytestmark = pytest.mark.django_db

Upload = Callable[..., Attachment]
Garbage = Callable[..., str]


def found() -> list[Finding]:
    return list(Comparison().findings())


def kinds(findings: Iterable[Finding]) -> list[Kind]:
    return [finding.kind for finding in findings]


class TestNothingIsWrong:
    def test_everything_is_counted(self, upload: Upload) -> None:
        upload()
        upload(b"other")
        comparison = Comparison()
        assert list(comparison.findings()) == []
        assert comparison.objects == 2

    def test_an_empty_store(self) -> None:
        assert found() == []

    def test_garbage_in_its_grace_is_nothing(self, garbage: Garbage) -> None:
        garbage(marked=timedelta(hours=1))
        assert found() == []

    @pytest.mark.parametrize("is_gone", [False, True])
    def test_neither_is_an_object_that_is_being_deleted(
        self, garbage: Garbage, store: CASStorage, is_gone: bool
    ) -> None:
        garbage(marked=timedelta(days=2))
        collect.lay_tombstone(DIGEST, collect.GRACE)
        if is_gone:
            store.remove(DIGEST)
        assert found() == []


class TestDamage:
    def test_a_missing_object_names_the_rows_that_it_hurts(self, upload: Upload, store: CASStorage) -> None:
        first, second = upload(), upload()
        store.remove(DIGEST)
        assert found() == [
            Finding(Kind.MISSING, Severity.CRITICAL, DIGEST, "The store does not hold it.", (str(first), str(second)))
        ]

    def test_not_all_of_very_many(self, upload: Upload, store: CASStorage) -> None:
        blob = upload().blob
        assert blob is not None
        for _ in range(12):
            refer_to(blob)
        store.remove(DIGEST)
        (finding,) = found()
        assert len(finding.hurts) == 11
        assert finding.hurts[-1] == "others"

    def test_another_length(self, upload: Upload, store: CASStorage) -> None:
        upload()
        overwrite(store, DIGEST, DATA[:-1])
        (finding,) = found()
        assert (finding.kind, finding.severity) == (Kind.WRONG_SIZE, Severity.CRITICAL)
        assert finding.sentence == f"It has {len(DATA) - 1} bytes in the store instead of {len(DATA)}."

    def test_of_garbage_hurts_nobody(self, garbage: Garbage, store: CASStorage) -> None:
        store.remove(garbage())
        (finding,) = found()
        assert (finding.kind, finding.severity, finding.hurts) == (Kind.MISSING, Severity.WARNING, ())

    def test_bytes_known_to_be_damaged_are_found_without_reading(self, upload: Upload, faults: Faults) -> None:
        upload()
        Blob.objects.update(corrupt_at=Now())
        assert kinds(compare.known_damage()) == [Kind.CORRUPT]
        assert faults.count("open_range") == 0

    def test_very_much_of_it_is_found_in_portions(self, upload: Upload, store: CASStorage) -> None:
        for number in range(7):
            store.remove(upload(bytes([number])).blob_id or "")
        assert kinds(Comparison(rows=3, suspects=2).findings()) == [Kind.MISSING] * 7


class TestFalseAlarms:
    """Rows and objects are read at different moments; in between everything may happen."""

    def test_a_blob_that_was_purged_after_its_row_was_read(self, garbage: Garbage) -> None:
        digest = garbage(marked=timedelta(days=2))
        purge(digest, collect.GRACE)
        assert list(compare.confirm_damage([digest])) == []

    def test_an_upload_that_committed_after_its_object_was_listed(self, upload: Upload, store: CASStorage) -> None:
        listed = list(store.objects())
        upload()
        assert list(compare.confirm_orphans([*listed, *store.objects()])) == []

    def test_a_blob_that_was_purged_and_stored_again_while_it_was_looked_at(
        self, upload: Upload, garbage: Garbage, store: CASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digest = garbage(marked=timedelta(days=2))
        Blob.objects.update(created_at=Now() - timedelta(days=3))
        store.remove(digest)
        created = compare._created
        looks: list[int] = []

        def look(digests: list[str]) -> dict[str, tuple[datetime, int]]:
            looks.append(1)
            if len(looks) == 2:
                # The first look at the rows and the look at the objects are over.
                purge(digest, collect.GRACE)
                upload()
            return created(digests)

        monkeypatch.setattr(compare, "_created", look)
        assert list(compare.confirm_damage([digest])) == []
        assert len(looks) == 2


class TestObjectsWithoutARow:
    def test_a_young_one_may_belong_to_an_upload(self, store: CASStorage) -> None:
        overwrite(store, DIGEST, DATA)
        (finding,) = found()
        assert (finding.kind, finding.severity) == (Kind.YOUNG, Severity.INFORMATION)

    def test_an_old_one_can_be_adopted(self, store: CASStorage, nothing_is_young: None) -> None:
        overwrite(store, DIGEST, DATA)
        (finding,) = found()
        assert (finding.kind, finding.severity) == (Kind.ADOPTABLE, Severity.INFORMATION)

    @pytest.mark.parametrize("name", ["ABC", "a" * 63, "a" * 65, "A" * 64, "~", f"{'a' * 63}g", "0"])
    def test_what_is_not_ours_is_left_alone(
        self, upload: Upload, store: CASStorage, stored: Callable[[], list[str]], name: str
    ) -> None:
        upload()
        put_stranger(store, name)
        (finding,) = found()
        assert (finding.kind, finding.severity, finding.subject) == (Kind.NOT_OURS, Severity.WARNING, repr(name))
        assert sorted(stored()) == sorted([DIGEST, name])

    def test_neither_is_a_folder_ours(self, upload: Upload, store: CASStorage) -> None:
        upload()
        put_stranger(store, f"{'a' * 64}/y")
        assert kinds(found()) == [Kind.NOT_OURS]


class TestTombstones:
    def test_a_day_is_too_long(self) -> None:
        Purge.objects.create(digest=DIGEST, token=uuid4(), started_at=Now() - timedelta(hours=25))
        (finding,) = compare.tombstone_findings()
        assert (finding.kind, finding.severity, finding.subject) == (Kind.OLD_TOMBSTONE, Severity.WARNING, DIGEST)

    def test_an_hour_is_not(self) -> None:
        Purge.objects.create(digest=DIGEST, token=uuid4(), started_at=Now() - timedelta(hours=23))
        assert list(compare.tombstone_findings()) == []


class TestListing:
    def test_a_failure_in_the_middle_is_an_error(
        self, upload: Upload, store: CASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload()
        listing = list(store.objects())

        def objects() -> Iterator[StoredObject]:
            yield from listing
            raise StorageUnavailableError

        monkeypatch.setattr(store, "objects", objects)
        with pytest.raises(StorageUnavailableError):
            found()

    def test_another_order_is_an_error(
        self, upload: Upload, store: CASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            upload(bytes([number]))
        listing = list(store.objects())[::-1]
        monkeypatch.setattr(store, "objects", lambda: iter(listing))
        with pytest.raises(UnsortedListingError, match="the store"):
            found()

    def test_the_same_name_twice_too(self) -> None:
        with pytest.raises(UnsortedListingError):
            list(ascending(["a", "a"], str, "the store"))


class TestMerged:
    def test_goes_through_both_side_by_side(self) -> None:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        rows = [(name, 1) for name in "bcde"]
        objects = [StoredObject(name, 1, moment) for name in "acdf"]
        pairs = [
            ((row or ("-",))[0], stored.name if stored else "-") for row, stored in merged(iter(rows), iter(objects))
        ]
        assert pairs == [("-", "a"), ("b", "-"), ("c", "c"), ("d", "d"), ("e", "-"), ("-", "f")]

    def test_takes_no_more_than_it_needs(self) -> None:
        taken: list[str] = []

        def rows() -> Iterator[tuple[str, int]]:
            for number in range(1000):
                taken.append(f"{number:04}")
                yield taken[-1], 1

        next(merged(rows(), iter(())))
        assert len(taken) == 1


class TestOwners:
    """Registered by `attachments`: the store knows no owner."""

    def test_one_owner_is_right(self) -> None:
        PartFactory.create()
        KitFactory.create()
        assert list(further_findings()) == []

    def test_none(self) -> None:
        nobodys = AttachmentSet.objects.create()
        (finding,) = further_findings()
        assert (finding.kind, finding.severity) == (Kind.NO_OWNER, Severity.WARNING)
        assert finding.subject == f"attachment set {nobodys.pk}"

    def test_two(self) -> None:
        part, kit = PartFactory.create(), KitFactory.create()
        # No service does this; `save()` refuses it.
        Part.objects.filter(pk=part.pk).update(attachment_set=kit.attachment_set_id)
        several, nobodys = sorted(further_findings(), key=lambda finding: finding.kind, reverse=True)
        assert (several.kind, several.hurts) == (Kind.SEVERAL_OWNERS, (str(part), str(kit)))
        assert nobodys.kind == Kind.NO_OWNER

    def test_takes_no_query_for_each_set(self) -> None:
        PartFactory.create()
        one = queries_of(lambda: list(further_findings()))
        PartFactory.create_batch(5)
        assert queries_of(lambda: list(further_findings())) == one


def test_the_number_of_queries_does_not_depend_on_the_number_of_blobs(upload: Upload) -> None:
    upload()
    one = queries_of(found)
    for number in range(20):
        upload(bytes([number]))
    assert queries_of(found) == one
