"""The collector's steps: what nothing refers to goes, in the order that keeps everything else."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from attachments.models import Attachment
from cas.errors import BlobNotFoundError
from cas.models import Blob, Purge
from cas.protocol import collect
from cas.protocol.collect import GRACE, Outcome, Tombstone
from cas.storage import CASStorage, cas_storage
from tests.plugins.blobs import DIGEST, age, forget_removed, purge, retry
from tests.plugins.database import at_once
from tests.plugins.faults import Faults

pytestmark = pytest.mark.django_db

LONG = timedelta(days=2)
Upload = Callable[..., Attachment]
Garbage = Callable[..., str]
Stored = Callable[[], list[str]]


def mark() -> tuple[int, int]:
    """How many were condemned and absolved."""
    return sum(collect.mark_unused()), sum(collect.unmark_used())


class TestCondemn:
    def test_condemns_what_nothing_refers_to(self, upload: Upload, garbage: Garbage) -> None:
        upload()
        lost = garbage(b"other bytes")
        assert mark() == (1, 0)
        assert Blob.objects.exclude(condemned_at=None).get().pk == lost

    def test_the_grace_does_not_begin_anew(self, garbage: Garbage) -> None:
        garbage(marked=LONG)
        before = Blob.objects.get().condemned_at
        assert mark() == (0, 0)
        assert Blob.objects.get().condemned_at == before

    def test_takes_as_many_as_there_are_in_batches(self, garbage: Garbage) -> None:
        for number in range(5):
            garbage(bytes([number]))
        assert list(collect.mark_unused(2)) == [2, 2, 1]
        assert not Blob.objects.filter(condemned_at=None).exists()

    def test_looks_again_once_it_has_the_lock(self, upload: Upload) -> None:
        upload()
        assert collect.mark([DIGEST]) == 0
        assert Blob.objects.get().condemned_at is None

    def test_touches_no_object(self, garbage: Garbage, faults: Faults) -> None:
        garbage()
        faults.calls.clear()
        mark()
        assert faults.calls == []


class TestAbsolve:
    def test_absolves_what_is_referred_to(self, upload: Upload, garbage: Garbage) -> None:
        upload()
        garbage(b"other bytes")
        Blob.objects.update(condemned_at=Now())
        assert mark() == (0, 1)
        assert Blob.objects.get(condemned_at=None).pk == DIGEST

    def test_in_batches(self, upload: Upload) -> None:
        for number in range(5):
            upload(bytes([number]))
        Blob.objects.update(condemned_at=Now())
        assert list(collect.unmark_used(2)) == [2, 2, 1]


class TestGrace:
    def test_counts_from_the_last_time_that_it_was_condemned(self, upload: Upload, garbage: Garbage) -> None:
        garbage(marked=LONG)
        upload().delete()
        forget_removed()
        assert mark() == (1, 0)
        assert purge(DIGEST, GRACE) is Outcome.SKIPPED

    def test_is_waited_for(self, garbage: Garbage, stored: Stored) -> None:
        garbage(marked=timedelta(hours=23))
        assert purge(DIGEST, GRACE) is Outcome.SKIPPED
        assert list(collect.purgeable(GRACE)) == []
        assert stored() == [DIGEST]

    def test_may_be_nothing(self, garbage: Garbage, stored: Stored) -> None:
        garbage()
        mark()
        assert purge(DIGEST, timedelta()) is Outcome.PURGED
        assert stored() == []


class TestPurge:
    def test_removes_row_object_and_tombstone(self, garbage: Garbage, stored: Stored) -> None:
        garbage(marked=LONG)
        assert purge(DIGEST, GRACE) is Outcome.PURGED
        assert not Blob.objects.exists()
        assert not Purge.objects.exists()
        assert stored() == []

    def test_the_row_goes_before_the_object(self, garbage: Garbage, faults: Faults) -> None:
        garbage(marked=LONG)
        tombstone = collect.lay_tombstone(DIGEST, GRACE)
        assert isinstance(tombstone, Tombstone)
        assert not Blob.objects.exists()
        assert Purge.objects.get().token == tombstone.token
        assert faults.count("remove") == 0

    def test_absolves_what_is_referred_to(self, upload: Upload, faults: Faults) -> None:
        upload()
        Blob.objects.update(condemned_at=Now() - LONG)
        assert purge(DIGEST, GRACE) is Outcome.UNMARKED
        assert Blob.objects.get().condemned_at is None
        assert not Purge.objects.exists()
        assert faults.count("remove") == 0

    @pytest.mark.parametrize("state", ["gone", "not condemned"])
    def test_skips_what_changed_meanwhile(self, garbage: Garbage, faults: Faults, state: str) -> None:
        garbage(marked=LONG)
        if state == "gone":
            Blob.objects.all().delete()
        else:
            Blob.objects.update(condemned_at=None)
        assert purge(DIGEST, GRACE) is Outcome.SKIPPED
        assert faults.count("remove") == 0

    def test_an_object_that_is_gone_already_is_fine(self, garbage: Garbage, store: CASStorage) -> None:
        garbage(marked=LONG)
        store.remove(DIGEST)
        assert purge(DIGEST, GRACE) is Outcome.PURGED

    def test_not_found_is_a_certain_answer(self, garbage: Garbage, faults: Faults) -> None:
        garbage(marked=LONG)
        faults.fail("remove", error=BlobNotFoundError())
        assert purge(DIGEST, GRACE) is Outcome.PURGED
        assert not Purge.objects.exists()

    @pytest.mark.parametrize("after_effect", [False, True])
    def test_without_an_answer_the_tombstone_stays(self, garbage: Garbage, faults: Faults, after_effect: bool) -> None:
        garbage(marked=LONG)
        faults.fail("remove", after_effect=after_effect)
        assert purge(DIGEST, GRACE) is Outcome.POSTPONED
        assert Purge.objects.get().digest == DIGEST
        assert faults.count("remove") == 1

    def test_a_process_that_slept_sends_nothing(
        self, garbage: Garbage, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        garbage(marked=LONG)
        tombstone = collect.lay_tombstone(DIGEST, GRACE)
        assert isinstance(tombstone, Tombstone)
        for moment in (tombstone.laid_at + 31, tombstone.laid_at - 1):
            monkeypatch.setattr(time, "time", lambda moment=moment: moment)
            assert not collect.delete_object(tombstone)
        assert faults.count("remove") == 0
        assert Purge.objects.exists()


class TestRetry:
    @pytest.fixture
    def stuck(self, garbage: Garbage, faults: Faults) -> None:
        """A tombstone whose DELETE had no answer."""
        garbage(marked=LONG)
        faults.fail("remove")
        purge(DIGEST, GRACE)
        faults.calls.clear()

    def test_an_expired_tombstone_is_finished(self, stuck: None, stored: Stored) -> None:
        age(tombstones=cas_storage().tombstone_lifetime)
        assert [purge.digest for purge in collect.expired_tombstones()] == [DIGEST]
        assert retry(DIGEST) is Outcome.PURGED
        assert not Purge.objects.exists()
        assert stored() == []

    def test_an_active_one_is_left_alone(self, stuck: None, faults: Faults) -> None:
        age(tombstones=cas_storage().tombstone_lifetime - timedelta(seconds=20))
        assert not collect.expired_tombstones().exists()
        assert retry(DIGEST) is Outcome.SKIPPED
        assert faults.calls == []

    def test_takes_it_over_with_a_token_and_a_time_of_its_own(self, stuck: None) -> None:
        token = Purge.objects.get().token
        age(tombstones=cas_storage().tombstone_lifetime)
        renewed = collect.renew_tombstone(DIGEST)
        assert renewed is not None
        assert Purge.objects.get().token == renewed.token != token
        assert not collect.expired_tombstones().exists()

    def test_one_that_fails_again_stays(self, stuck: None, faults: Faults) -> None:
        age(tombstones=cas_storage().tombstone_lifetime)
        faults.fail("remove")
        assert retry(DIGEST) is Outcome.POSTPONED
        assert Purge.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestReferencesThatNobodyToldOf:
    """What decides is the foreign key, in whatever table it is."""

    @pytest.fixture
    def other_table(self) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE test_reference (blob varchar(64) REFERENCES cas_blob (digest) DEFERRABLE INITIALLY DEFERRED)"
            )
        yield
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE test_reference")

    def test_the_database_refuses_and_the_blob_is_absolved(
        self, other_table: None, garbage: Garbage, faults: Faults
    ) -> None:
        garbage(marked=LONG)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO test_reference VALUES (%s)", [DIGEST])
        assert purge(DIGEST, GRACE) is Outcome.UNMARKED
        assert Blob.objects.get().condemned_at is None
        assert not Purge.objects.exists()
        assert faults.count("remove") == 0

    def test_the_others_go(self, other_table: None, garbage: Garbage, stored: Stored) -> None:
        digests = [garbage(bytes([number]), marked=LONG) for number in range(3)]
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO test_reference VALUES (%s)", [digests[1]])
        laid = collect.lay_tombstones(digests, GRACE)
        assert dict(collect.sweep(laid.items(), 2)) == {
            digests[0]: Outcome.PURGED,
            digests[1]: Outcome.UNMARKED,
            digests[2]: Outcome.PURGED,
        }
        assert stored() == [digests[1]]
        assert not Purge.objects.exists()


class TestBury:
    """Many at a time."""

    def test_says_of_each_what_became_of_it(self, upload: Upload, garbage: Garbage, stored: Stored) -> None:
        digests = [garbage(bytes([number]), marked=LONG) for number in range(45)]
        used = upload(b"in use").blob_id or ""
        Blob.objects.filter(pk=used).update(condemned_at=Now() - LONG)
        laid = collect.lay_tombstones([*digests, used, DIGEST], GRACE)
        outcomes = dict(collect.sweep(laid.items(), 3))
        assert outcomes == dict.fromkeys(digests, Outcome.PURGED) | {used: Outcome.UNMARKED, DIGEST: Outcome.SKIPPED}
        assert stored() == [used]
        assert not Purge.objects.exists()
        assert Blob.objects.get().condemned_at is None

    def test_a_failure_postpones_one_only(self, garbage: Garbage, faults: Faults) -> None:
        digests = sorted(garbage(bytes([number]), marked=LONG) for number in range(5))
        faults.fail("remove")
        outcomes = list(collect.sweep(collect.lay_tombstones(digests, GRACE).items(), 1))
        assert outcomes == [(digests[0], Outcome.POSTPONED), *((digest, Outcome.PURGED) for digest in digests[1:])]
        assert Purge.objects.get().digest == digests[0]

    def test_whoever_stops_half_way_leaves_no_tombstone_of_what_is_gone(self, garbage: Garbage, stored: Stored) -> None:
        digests = sorted(garbage(bytes([number]), marked=LONG) for number in range(30))

        def laid() -> Iterator[tuple[str, Tombstone | Outcome]]:
            for digest in digests:
                yield digest, collect.lay_tombstone(digest, GRACE)

        work = collect.sweep(laid(), 1)
        next(work)
        work.close()  # type: ignore[attr-defined]
        # Few were taken in advance; the rest was not touched.
        assert Purge.objects.count() == 1
        assert Blob.objects.count() == 28


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_two_collectors_share_the_work(self, garbage: Garbage, faults: Faults, stored: Stored) -> None:
        digests = [garbage(bytes([number]), marked=LONG) for number in range(6)]

        def collect() -> list[Outcome]:
            return [purge(digest, GRACE) for digest in digests]

        first, second = at_once(collect, collect)
        assert {*zip(first, second, strict=True)} <= {
            (Outcome.PURGED, Outcome.SKIPPED),
            (Outcome.SKIPPED, Outcome.PURGED),
        }
        assert faults.count("remove") == 6
        assert stored() == []
        assert not Purge.objects.exists()
