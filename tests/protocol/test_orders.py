"""Orders of whole transactions, kills and late answers: the stories that hold on every database."""

import time

import pytest
from django.db import IntegrityError, transaction

from attachments.models import Attachment
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol import adopt, collect
from cas.protocol.collect import DELETE_DEADLINE_SECONDS, GRACE, Outcome, Tombstone
from tests.factories import PartFactory
from tests.plugins.blobs import purge
from tests.plugins.faults import Faults
from tests.plugins.files import sha256
from tests.protocol.harness import (
    NO_GRACE,
    adopt_all,
    assert_invariants,
    bring,
    contents,
    copy,
    delete,
    document,
    let_delta_pass,
    marked_blob,
    new_set,
    quiesce,
    result_of,
    sweep,
    upload,
)

pytestmark = pytest.mark.django_db(transaction=True)

DATA = document()
DIGEST = sha256(DATA)


class TestLateAnswers:
    """Fault tests 2 and 20."""

    def test_a_put_that_lands_after_everything_is_adopted(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            upload(DATA)
        attachment = upload(DATA)
        delete(attachment)
        assert sweep() == [Outcome.PURGED]
        late.land()
        assert_invariants()
        assert adopt_all() == [True]
        quiesce()
        assert contents() == {}

    def test_a_put_that_lands_while_the_content_is_in_use_changes_nothing(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            upload(DATA)
        upload(DATA)
        late.land()
        quiesce()
        assert contents() == {DIGEST: DATA}

    def test_a_delete_that_lands_within_delta_finds_nobody(self, faults: Faults) -> None:
        marked_blob(DATA)
        late = faults.late("remove")
        assert purge(DIGEST, NO_GRACE) is Outcome.POSTPONED
        for _ in range(2):
            assert isinstance(result_of(lambda: upload(DATA)), ContentBusyError)
            assert isinstance(result_of(lambda: bring(DATA)), ContentBusyError)
            assert adopt.adopt(DIGEST) is False
            assert sweep() == []
            assert_invariants()
        late.land()
        assert Purge.objects.exists(), "nobody told the sweeper"
        let_delta_pass()
        upload(DATA)
        quiesce()
        assert contents() == {DIGEST: DATA}


class TestSweeperThatSleeps:
    """Fault tests 22 and 27."""

    @pytest.fixture
    def sleeper(self, monkeypatch: pytest.MonkeyPatch) -> Tombstone:
        marked_blob(DATA)
        tombstone = collect.lay_tombstone(DIGEST, NO_GRACE)
        assert isinstance(tombstone, Tombstone)
        let_delta_pass()
        wakes = time.time() + DELETE_DEADLINE_SECONDS + 1
        monkeypatch.setattr("cas.protocol.collect.time.time", lambda: wakes)
        return tombstone

    def test_wakes_after_an_upload_and_sends_nothing(self, sleeper: Tombstone, faults: Faults) -> None:
        upload(DATA)
        assert collect.delete_object(sleeper) is False
        collect.remove_tombstones(sleeper)
        assert faults.count("remove") == 0
        assert_invariants()
        assert contents() == {DIGEST: DATA}

    def test_wakes_after_another_sweeper_and_lifts_nothing(self, sleeper: Tombstone) -> None:
        other = collect.renew_tombstone(DIGEST)
        assert other is not None
        collect.remove_tombstones(sleeper)
        assert isinstance(result_of(lambda: upload(DATA)), ContentBusyError)
        assert collect.delete_object(other)
        collect.remove_tombstones(other)
        upload(DATA)
        quiesce()


class TestGrace:
    """Fault test 26: it counts from the last time that somebody let go, by the database's clock."""

    def test_does_not_ask_the_clock_of_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        marked_blob(DATA)
        future = time.time() + 10 * GRACE.total_seconds()
        monkeypatch.setattr(time, "time", lambda: future)
        monkeypatch.setattr("django.utils.timezone.now", lambda: pytest.fail("the clock of the machine"))
        assert not collect.purgeable(GRACE).exists()


class TestDelete:
    """Fault tests 12 to 15."""

    def test_that_is_rolled_back_touches_no_object(self, faults: Faults) -> None:
        attachment = upload(DATA)
        asked = len(faults.calls)
        with transaction.atomic():
            delete(attachment)
            transaction.set_rollback(True)
        assert Attachment.objects.get() == attachment
        delete(attachment)
        assert len(faults.calls) == asked
        assert contents() == {DIGEST: DATA}

    def test_of_the_last_two_references_leaves_the_content_to_the_next_sweep(self) -> None:
        first = upload(DATA)
        second = copy(first)
        delete(first)
        assert sweep() == []
        delete(second)
        assert sweep() == [Outcome.PURGED]
        assert contents() == {}

    def test_succeeds_without_a_store_and_the_sweep_comes_later(self, faults: Faults) -> None:
        part = PartFactory.create()
        attachment = upload(DATA, part.attachment_set_id)
        for operation in ("stat", "publish", "remove"):
            faults.fail(operation, times=100)
        delete(attachment)
        part.delete()
        assert sweep() == [Outcome.POSTPONED]
        faults.forget()
        quiesce()
        assert contents() == {}


class TestAdoption:
    """Fault test 31 in whole transactions."""

    def test_of_what_has_come_and_gone_since_it_was_listed(self) -> None:
        bring(DATA)
        Blob.objects.all().delete()
        delete(upload(DATA))
        assert sweep() == [Outcome.PURGED]
        assert adopt.adopt(DIGEST) is False
        assert_invariants()


class TestReferences:
    """Fault test 25: whoever refers to a blob is known to the collector, or to the database at least."""

    def test_to_no_blob_is_refused_by_the_database(self) -> None:
        set_id = new_set()
        with pytest.raises(IntegrityError):
            Attachment.objects.create(attachment_set_id=set_id, attachment_type="pdf", title="x", blob_id="0" * 64)
