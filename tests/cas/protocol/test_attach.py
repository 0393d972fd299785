"""attach(): a content gets its row, its object and the rows that refer to it, or nothing of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from prometheus_client import REGISTRY

from attachments.models import Attachment, AttachmentSet
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol import attach as protocol
from cas.storage import CASStorage, FileSystemCASStorage, cas_storage
from cas.storage.staging import stage_chunks
from tests.plugins.database import at_once, until_somebody_waits
from tests.plugins.faults import Call, Faults, overwrite
from tests.plugins.files import sha256
from tests.protocol.harness import bring

pytestmark = pytest.mark.django_db

DATA = b"the bytes of a datasheet"
DIGEST = sha256(DATA)

MakeRows = Callable[[Blob], Attachment]


@pytest.fixture
def rows() -> MakeRows:
    """Makes the row that refers to the blob, in a set of its own."""
    set_id = AttachmentSet.objects.create().pk
    return lambda blob: add_row(blob, set_id)


def add_row(blob: Blob, set_id: int) -> Attachment:
    return Attachment.objects.create(
        attachment_set_id=set_id, attachment_type="pdf", title="A datasheet", content_type="application/pdf", blob=blob
    )


def attach(rows: MakeRows, data: bytes = DATA) -> Attachment:
    """Stage and attach, as every caller does."""
    staged = stage_chunks(cas_storage().staging_dir, [data])
    try:
        return protocol.attach(staged, rows)
    finally:
        staged.close()


def read(store: CASStorage, digest: str = DIGEST) -> bytes:
    with store.open_range(digest) as file:
        return file.read()


def nothing_is_left() -> bool:
    return not Blob.objects.exists() and not Attachment.objects.exists()


class TestNewContent:
    def test_gets_its_blob_its_object_and_its_rows(self, rows: MakeRows, store: CASStorage) -> None:
        attachment = attach(rows)
        blob = Blob.objects.get()
        assert (blob.digest, blob.size) == (DIGEST, len(DATA))
        assert (blob.condemned_at, blob.corrupt_at) == (None, None)
        assert Attachment.objects.get() == attachment
        assert attachment.blob == blob
        assert read(store) == DATA

    @pytest.mark.django_db(transaction=True)
    def test_is_sent_before_the_transaction_which_looks_at_it(self, rows: MakeRows, faults: Faults) -> None:
        faults.strike("publish", lambda: places.append(connection.in_atomic_block))
        faults.strike("stat", lambda: places.append(connection.in_atomic_block))
        places: list[bool] = []
        attach(rows)
        assert faults.calls == [Call("publish", DIGEST), Call("stat", DIGEST)]
        assert places == [False, True]

    def test_that_goes_before_the_transaction_is_sent_there(self, rows: MakeRows, faults: Faults) -> None:
        before = sent_while_locked()
        faults.strike("stat", lambda: faults.behind("remove")(DIGEST))
        attach(rows)
        assert faults.count("publish") == 2
        assert sent_while_locked() == before + 1
        assert read(cas_storage()) == DATA

    @pytest.mark.django_db(transaction=True)
    def test_that_goes_and_cannot_be_sent_again_leaves_no_rows(self, rows: MakeRows, faults: Faults) -> None:
        def lose() -> None:
            faults.behind("remove")(DIGEST)
            faults.fail("publish")

        faults.strike("stat", lose)
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        assert nothing_is_left()


class TestEqualContent:
    def test_is_stored_and_sent_once(self, rows: MakeRows, faults: Faults, stored: Callable[[], list[str]]) -> None:
        first, second = attach(rows), attach(rows)
        assert first != second
        assert first.blob == second.blob
        assert stored() == [DIGEST]
        assert faults.count("publish") == 1

    def test_is_counted(self, rows: MakeRows) -> None:
        def hits() -> float:
            return REGISTRY.get_sample_value("cas_dedup_hits_total") or 0

        before = hits()
        attach(rows)
        assert hits() == before
        attach(rows)
        assert hits() == before + 1

    def test_other_content_is_another_blob(self, rows: MakeRows, stored: Callable[[], list[str]]) -> None:
        attach(rows)
        attach(rows, b"other bytes")
        assert stored() == sorted([DIGEST, sha256(b"other bytes")])

    def test_a_condemned_blob_is_absolved(self, rows: MakeRows, faults: Faults) -> None:
        attach(rows)
        Blob.objects.update(condemned_at=Now())
        attach(rows)
        assert Blob.objects.get().condemned_at is None
        assert faults.count("publish") == 1


def sent_while_locked() -> float:
    return REGISTRY.get_sample_value("cas_sent_while_locked_total") or 0


class TestHealing:
    """The upload of a content puts right what happened to its object."""

    @pytest.mark.django_db(transaction=True)
    def test_a_lost_object_is_sent_again_with_nothing_locked(
        self, rows: MakeRows, store: CASStorage, faults: Faults
    ) -> None:
        attach(rows)
        store.remove(DIGEST)
        places: list[bool] = []
        faults.strike("publish", lambda: places.append(connection.in_atomic_block))
        attach(rows)
        assert read(store) == DATA
        assert places == [False]

    def test_an_object_of_another_size_is_replaced(self, rows: MakeRows, store: CASStorage) -> None:
        attach(rows)
        overwrite(store, DIGEST, DATA[:-1])
        attach(rows)
        assert read(store) == DATA

    def test_an_object_known_to_be_damaged_is_replaced(self, rows: MakeRows, store: CASStorage) -> None:
        attach(rows)
        overwrite(store, DIGEST, DATA[::-1])
        Blob.objects.update(corrupt_at=Now())
        attach(rows)
        assert read(store) == DATA
        assert Blob.objects.get().corrupt_at is None

    def test_a_stranger_under_the_key_of_new_content_is_replaced(self, rows: MakeRows, store: CASStorage) -> None:
        overwrite(store, DIGEST, b"torn")
        attach(rows)
        assert read(store) == DATA


class TestImport:
    """Content that comes before anything refers to it."""

    def test_is_stored_once_and_born_condemned(self, store: CASStorage) -> None:
        assert bring(DATA)
        assert not bring(DATA)
        assert read(store) == DATA
        assert Blob.objects.get().condemned_at is not None

    def test_the_first_row_absolves_it(self, rows: MakeRows) -> None:
        bring(DATA)
        attach(rows)
        assert Blob.objects.get().condemned_at is None

    def test_does_not_condemn_what_is_in_use(self, rows: MakeRows) -> None:
        attach(rows)
        bring(DATA)
        assert Blob.objects.get().condemned_at is None

    def test_the_grace_of_what_was_condemned_begins_anew(self) -> None:
        bring(DATA)
        Blob.objects.update(condemned_at=Now() - timedelta(days=30))
        bring(DATA)
        assert Blob.objects.filter(condemned_at__gt=Now() - timedelta(hours=1)).exists()

    def test_heals(self, rows: MakeRows, store: CASStorage) -> None:
        attach(rows)
        overwrite(store, DIGEST, DATA[::-1])
        Blob.objects.update(corrupt_at=Now())
        assert bring(DATA)
        assert read(store) == DATA
        assert not Blob.objects.exclude(corrupt_at=None, condemned_at=None).exists()


class TestTombstone:
    """Content that the collector is deleting."""

    @pytest.fixture
    def tombstone(self) -> Callable[[timedelta], UUID]:
        def make(age: timedelta) -> UUID:
            return Purge.objects.create(digest=DIGEST, token=uuid4(), started_at=Now() - age).token

        return make

    def test_an_active_one_refuses_and_nothing_changes(
        self, rows: MakeRows, faults: Faults, tombstone: Callable[[timedelta], UUID]
    ) -> None:
        token = tombstone(cas_storage().tombstone_lifetime - timedelta(seconds=20))
        with pytest.raises(ContentBusyError):
            attach(rows)
        assert nothing_is_left()
        assert Purge.objects.get().token == token
        assert faults.calls == []

    def test_an_expired_one_is_taken_over(
        self, rows: MakeRows, store: CASStorage, tombstone: Callable[[timedelta], UUID]
    ) -> None:
        tombstone(cas_storage().tombstone_lifetime + timedelta(seconds=1))
        attach(rows)
        assert not Purge.objects.exists()
        assert read(store) == DATA

    def test_after_a_take_over_the_bytes_are_sent_although_they_are_there(
        self, rows: MakeRows, store: CASStorage, faults: Faults, tombstone: Callable[[timedelta], UUID]
    ) -> None:
        tombstone(cas_storage().tombstone_lifetime + timedelta(seconds=1))
        overwrite(store, DIGEST, DATA)
        attach(rows)
        assert faults.count("publish") == 1

    def test_one_of_other_content_does_not_matter(self, rows: MakeRows) -> None:
        Purge.objects.create(digest=sha256(b"other bytes"), token=uuid4())
        assert attach(rows).blob_id == DIGEST

    def test_lives_longer_than_a_delete_may_take(self, store: CASStorage) -> None:
        # A folder's unlink is over when it returns; a DELETE to S3 may take effect after its timeouts.
        least = timedelta(minutes=1) if isinstance(store, FileSystemCASStorage) else timedelta(minutes=30)
        assert cas_storage().tombstone_lifetime > least


class TestFaults:
    """Whatever fails, the transaction takes everything back; the object is never deleted."""

    @pytest.mark.parametrize("operation", ["stat", "publish"])
    def test_a_store_that_fails_leaves_no_rows(self, rows: MakeRows, faults: Faults, operation: str) -> None:
        faults.fail(operation)
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        assert nothing_is_left()
        assert faults.count("remove") == 0

    def test_a_failing_look_is_not_taken_for_absence(self, rows: MakeRows, faults: Faults) -> None:
        attach(rows)
        faults.fail("stat")
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        assert faults.count("publish") == 1

    def test_a_store_that_keeps_less_than_it_says_leaves_no_rows(self, rows: MakeRows, faults: Faults) -> None:
        for _ in range(2):
            faults.garble("publish", lambda data: data[:-1])
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        assert nothing_is_left()
        assert faults.count("publish") == 2

    def test_an_answer_that_got_lost_leaves_an_object_that_is_used_later(
        self, rows: MakeRows, faults: Faults, stored: Callable[[], list[str]]
    ) -> None:
        faults.fail("publish", after_effect=True)
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        assert nothing_is_left()
        assert stored() == [DIGEST]
        attach(rows)
        assert stored() == [DIGEST]
        assert faults.count("remove") == 0

    def test_a_failed_upload_is_in_the_log(
        self, rows: MakeRows, faults: Faults, caplog: pytest.LogCaptureFixture
    ) -> None:
        faults.fail("publish")
        with pytest.raises(StorageUnavailableError):
            attach(rows)
        events: list[Any] = [record.msg for record in caplog.records]
        assert {"event": "content_not_stored", "digest": DIGEST, "size": len(DATA)}.items() <= events[-1].items()

    def test_rows_that_cannot_be_made_leave_nothing(self, faults: Faults) -> None:
        def refuse(blob: Blob) -> Attachment:
            raise LookupError("no such set")

        with pytest.raises(LookupError):
            attach(refuse)
        assert nothing_is_left()
        assert faults.count("remove") == 0

    @pytest.mark.django_db(transaction=True)
    def test_a_commit_that_fails_leaves_no_rows(self, rows: MakeRows, faults: Faults) -> None:
        # Foreign keys are looked at when the transaction ends: this set does not exist.
        with pytest.raises(IntegrityError):
            attach(lambda blob: add_row(blob, 2**40))
        assert nothing_is_left()
        assert faults.count("remove") == 0
        assert attach(rows).blob_id == DIGEST

    def test_does_not_join_the_transaction_of_others(self, rows: MakeRows, faults: Faults) -> None:
        # Two files in one transaction deadlock against an upload of one of them.
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            attach(rows)
        assert nothing_is_left()
        assert faults.calls == []


class TestRowTakenAway:
    """The collector deletes the blob's row between the two statements that insert and lock it."""

    @pytest.mark.parametrize("times", [1, 19])
    def test_is_inserted_again(self, rows: MakeRows, times: int) -> None:
        with connection.execute_wrapper(Thief(times)):
            assert attach(rows).blob_id == DIGEST

    def test_is_not_tried_for_ever(self, rows: MakeRows, faults: Faults) -> None:
        with connection.execute_wrapper(Thief(1000)), pytest.raises(ContentBusyError):
            attach(rows)
        assert nothing_is_left()
        assert faults.count("remove") == 0


class Thief:
    """Deletes the row right after its INSERT, so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if "INSERT" in sql and "cas_blob" in sql and self.left:
            self.left -= 1
            Blob.objects.filter(pk=DIGEST).delete()
        return result


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    """Two uploads of the same new content, on connections of their own: neither knows of the other while it sends."""

    def both(self, rows: MakeRows, faults: Faults, *, error: Exception | None = None) -> list[Any]:
        """What the two get. Both have sent; the second waits for the first, which looks, and then may fail."""
        hold = faults.hold("stat")

        def conduct() -> None:
            hold.wait()
            until_somebody_waits()
            hold.release(error=error)

        return at_once(lambda: attach(rows), lambda: attach(rows), conduct)[:2]

    def test_the_bytes_are_stored_once(self, rows: MakeRows, faults: Faults, stored: Callable[[], list[str]]) -> None:
        results = self.both(rows, faults)
        assert {type(result) for result in results} == {Attachment}
        assert {attachment.blob_id for attachment in results} == {DIGEST}
        assert Attachment.objects.count() == 2
        assert Blob.objects.count() == 1
        assert stored() == [DIGEST]

    def test_when_the_first_fails_the_second_succeeds(self, rows: MakeRows, faults: Faults, store: CASStorage) -> None:
        results = self.both(rows, faults, error=StorageUnavailableError())
        assert {type(result) for result in results} == {Attachment, StorageUnavailableError}
        assert faults.count("remove") == 0
        assert Attachment.objects.count() == 1
        assert read(store) == DATA
