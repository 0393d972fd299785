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
from tests.protocol import harness

pytestmark = pytest.mark.django_db(transaction=True)

DATA = harness.document()
DIGEST = sha256(DATA)


class TestLateAnswers:
    """Fault tests 2 and 20."""

    def test_a_put_that_lands_after_everything_is_adopted(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            harness.upload(DATA)
        attachment = harness.upload(DATA)
        harness.delete(attachment)
        assert harness.sweep() == [Outcome.PURGED]
        late.land()
        harness.assert_invariants()
        assert harness.adopt_all() == [True]
        harness.quiesce()
        assert harness.contents() == {}

    def test_a_put_that_lands_while_the_content_is_in_use_changes_nothing(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            harness.upload(DATA)
        harness.upload(DATA)
        late.land()
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    def test_a_delete_that_lands_within_delta_finds_nobody(self, faults: Faults) -> None:
        harness.marked_blob(DATA)
        late = faults.late("remove")
        assert purge(DIGEST, harness.NO_GRACE) is Outcome.POSTPONED
        for _ in range(2):
            assert isinstance(harness.result_of(lambda: harness.upload(DATA)), ContentBusyError)
            assert isinstance(harness.result_of(lambda: harness.bring(DATA)), ContentBusyError)
            assert adopt.adopt(DIGEST) is False
            assert harness.sweep() == []
            harness.assert_invariants()
        late.land()
        assert Purge.objects.exists(), "nobody told the sweeper"
        harness.let_delta_pass()
        harness.upload(DATA)
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}


class TestSweeperThatSleeps:
    """Fault tests 22 and 27."""

    @pytest.fixture
    def sleeper(self, monkeypatch: pytest.MonkeyPatch) -> Tombstone:
        harness.marked_blob(DATA)
        tombstone = collect.lay_tombstone(DIGEST, harness.NO_GRACE)
        assert isinstance(tombstone, Tombstone)
        harness.let_delta_pass()
        wakes = time.time() + DELETE_DEADLINE_SECONDS + 1
        monkeypatch.setattr("cas.protocol.collect.time.time", lambda: wakes)
        return tombstone

    def test_wakes_after_an_upload_and_sends_nothing(self, sleeper: Tombstone, faults: Faults) -> None:
        harness.upload(DATA)
        assert collect.delete_object(sleeper) is False
        collect.remove_tombstones(sleeper)
        assert faults.count("remove") == 0
        harness.assert_invariants()
        assert harness.contents() == {DIGEST: DATA}

    def test_wakes_after_another_sweeper_and_lifts_nothing(self, sleeper: Tombstone) -> None:
        other = collect.renew_tombstone(DIGEST)
        assert other is not None
        collect.remove_tombstones(sleeper)
        assert isinstance(harness.result_of(lambda: harness.upload(DATA)), ContentBusyError)
        assert collect.delete_object(other)
        collect.remove_tombstones(other)
        harness.upload(DATA)
        harness.quiesce()


class TestGrace:
    """Fault test 26: it counts from the last time that somebody let go, by the database's clock."""

    def test_does_not_ask_the_clock_of_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        harness.marked_blob(DATA)
        future = time.time() + 10 * GRACE.total_seconds()
        monkeypatch.setattr(time, "time", lambda: future)
        monkeypatch.setattr("django.utils.timezone.now", lambda: pytest.fail("the clock of the machine"))
        assert not collect.purgeable(GRACE).exists()


class TestDelete:
    """Fault tests 12 to 15."""

    def test_that_is_rolled_back_touches_no_object(self, faults: Faults) -> None:
        attachment = harness.upload(DATA)
        asked = len(faults.calls)
        with transaction.atomic():
            harness.delete(attachment)
            transaction.set_rollback(True)
        assert Attachment.objects.get() == attachment
        harness.delete(attachment)
        assert len(faults.calls) == asked
        assert harness.contents() == {DIGEST: DATA}

    def test_of_the_last_two_references_leaves_the_content_to_the_next_sweep(self) -> None:
        first = harness.upload(DATA)
        second = harness.copy(first)
        harness.delete(first)
        assert harness.sweep() == []
        harness.delete(second)
        assert harness.sweep() == [Outcome.PURGED]
        assert harness.contents() == {}

    def test_succeeds_without_a_store_and_the_sweep_comes_later(self, faults: Faults) -> None:
        part = PartFactory.create()
        attachment = harness.upload(DATA, part.attachment_set_id)
        for operation in ("stat", "publish", "remove"):
            faults.fail(operation, times=100)
        harness.delete(attachment)
        part.delete()
        assert harness.sweep() == [Outcome.POSTPONED]
        faults.forget()
        harness.quiesce()
        assert harness.contents() == {}


class TestAdoption:
    """Fault test 31 in whole transactions."""

    def test_of_what_has_come_and_gone_since_it_was_listed(self) -> None:
        harness.bring(DATA)
        Blob.objects.all().delete()
        harness.delete(harness.upload(DATA))
        assert harness.sweep() == [Outcome.PURGED]
        assert adopt.adopt(DIGEST) is False
        harness.assert_invariants()


class TestReferences:
    """Fault test 25: whoever refers to a blob is known to the collector, or to the database at least."""

    def test_to_no_blob_is_refused_by_the_database(self) -> None:
        set_id = harness.new_set()
        with pytest.raises(IntegrityError):
            Attachment.objects.create(attachment_set_id=set_id, attachment_type="pdf", title="x", blob_id="0" * 64)
