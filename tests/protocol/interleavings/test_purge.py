"""Uploads and copies in the middle of a purge (fault tests 11, 16, 17, 23)."""

import pytest
from django.db import IntegrityError, OperationalError

from attachments.models import Attachment
from cas.errors import ContentBusyError
from cas.models import Blob
from cas.protocol import collect
from cas.protocol.collect import Outcome
from tests.plugins.faults import Faults
from tests.protocol import harness
from tests.protocol.interleavings.purging import DATA, DIGEST, INSIDE_A, INSIDE_S, insert_reference, purge
from tests.protocol.places import Place, after, before
from tests.protocol.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


class TestUpload:
    @pytest.mark.parametrize("place", INSIDE_A, ids=str)
    def test_inside_a_waits_and_is_refused(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        uploader = stage.begin(lambda: harness.upload(DATA))
        assert uploader.waits
        assert sweeper.end() is Outcome.PURGED
        assert isinstance(uploader.end(), ContentBusyError | Attachment)
        harness.assert_invariants()
        harness.quiesce()

    @pytest.mark.parametrize("place", INSIDE_A, ids=str)
    def test_inside_an_a_that_fails_goes_on(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        uploader = stage.begin(lambda: harness.upload(DATA))
        sweeper.go_on(error=OperationalError("the disk is full"))
        assert isinstance(sweeper.end(), OperationalError)
        assert isinstance(uploader.end(), Attachment)
        assert faults.count("publish") == 1
        assert faults.count("remove") == 0
        assert Blob.objects.get().condemned_at is None
        harness.quiesce()

    @pytest.mark.parametrize("place", INSIDE_S, ids=str)
    def test_inside_s_is_refused_and_succeeds_after_b(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        assert isinstance(stage.begin(lambda: harness.upload(DATA)).end(), ContentBusyError)
        harness.assert_invariants()
        assert sweeper.end() is Outcome.PURGED
        assert isinstance(harness.upload(DATA), Attachment)
        assert faults.count("publish") == 2
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    @pytest.mark.parametrize("place", [before("store stat"), after("store stat")], ids=str)
    def test_that_has_only_looked_sends_what_a_purge_has_taken(
        self, stage: Stage, faults: Faults, place: Place
    ) -> None:
        harness.marked_blob(DATA)
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=place)
        assert stage.begin(purge).end() is Outcome.PURGED, "nothing is locked yet"
        assert isinstance(uploader.end(), Attachment)
        assert faults.count("publish") == 2
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    @pytest.mark.parametrize("place", INSIDE_S, ids=str)
    def test_that_has_only_looked_is_refused_inside_s(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=after("store stat"))
        sweeper = stage.begin(purge, stop=place)
        assert isinstance(uploader.end(), ContentBusyError)
        assert sweeper.end() is Outcome.PURGED
        harness.quiesce()
        assert harness.contents() == {}

    @pytest.mark.parametrize("place", [before("store publish"), after("store publish")], ids=str)
    def test_that_sends_before_its_transaction_meets_a_whole_life_of_the_content(
        self, stage: Stage, place: Place
    ) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=place)
        harness.marked_blob(DATA)
        assert stage.begin(purge).end() is Outcome.PURGED
        assert isinstance(uploader.end(), Attachment)
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    @pytest.mark.parametrize(
        "place", [before("locked stat"), after("locked stat"), before("database _commit")], ids=str
    )
    def test_that_has_the_row_is_left_alone(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=place)
        sweeper = stage.begin(purge)
        assert sweeper.is_done, "a locked row is skipped, nobody waits for an upload"
        assert sweeper.end() is Outcome.SKIPPED
        assert isinstance(uploader.end(), Attachment)
        assert purge() is Outcome.SKIPPED
        assert faults.count("remove") == 0
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    def test_is_not_marked_while_it_is_under_way(self, stage: Stage) -> None:
        harness.delete(harness.upload(DATA))
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=before("database _commit"))
        marker = stage.begin(harness.mark)
        assert marker.is_done
        uploader.end()
        assert Blob.objects.get().condemned_at is None

    def test_commits_between_the_two_statements_of_mark(self, stage: Stage) -> None:
        harness.delete(harness.upload(DATA))
        marker = stage.begin(lambda: collect.mark([DIGEST]), stop=before('sql UPDATE "cas_blob"'))
        copier = stage.begin(insert_reference, stop=before("database _commit"))
        assert copier.go_on().settle().waits, "the marker's lock is stronger than that of a foreign key"
        marker.end()
        assert isinstance(copier.end(), Attachment)
        # A wrong mark does no harm: A looks again.
        assert purge() in {Outcome.UNMARKED, Outcome.SKIPPED}
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}


class TestReferenceWithoutALock:
    """What a state column or a lock alone would lose: the foreign key decides."""

    @pytest.mark.parametrize("place", [*INSIDE_A, *INSIDE_S], ids=str)
    def test_that_is_committed_during_a_purge(self, stage: Stage, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        copier = stage.begin(insert_reference)
        outcome, copied = sweeper.end(), copier.end()
        assert isinstance(copied, Attachment) == (outcome is Outcome.UNMARKED)
        assert isinstance(copied, Attachment | IntegrityError)
        harness.assert_invariants()
        harness.quiesce()

    @pytest.mark.parametrize("place", INSIDE_S, ids=str)
    def test_that_was_open_before_the_purge(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        copier = stage.begin(insert_reference, stop=before("database _commit"))
        sweeper = stage.begin(purge, stop=place)
        assert sweeper.is_stopped, "an uncommitted reference is invisible"
        assert isinstance(copier.end(), IntegrityError)
        assert sweeper.end() is Outcome.PURGED
        assert not Attachment.objects.exists()
        harness.quiesce()

    @pytest.mark.parametrize("place", INSIDE_A[1:], ids=str)
    def test_that_is_committed_after_a_looked(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        copier = stage.begin(insert_reference, stop=before("database _commit"))
        sweeper = stage.begin(purge, stop=place)
        assert copier.go_on().settle().waits
        outcome, copied = sweeper.end(), copier.end()
        assert (outcome is Outcome.PURGED) == isinstance(copied, IntegrityError)
        assert faults.count("remove") == (outcome is Outcome.PURGED)
        harness.assert_invariants()
        harness.quiesce()


class TestCopy:
    def test_waits_for_nobody_and_keeps_its_content(self, stage: Stage, faults: Faults) -> None:
        source = harness.upload(DATA)
        set_id = harness.new_set()
        copier = stage.begin(lambda: harness.copy(source, set_id), stop=before("database _commit"))
        deleter = stage.begin(lambda: harness.delete(source))
        assert deleter.waits, "the copy holds the lock of its source"
        assert stage.begin(harness.sweep).end() == []
        assert isinstance(copier.end(), Attachment)
        assert deleter.end() is None
        assert harness.sweep() == []
        assert faults.count("remove") == 0
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    def test_of_what_goes_is_refused(self, stage: Stage) -> None:
        source, set_id = harness.upload(DATA), harness.new_set()
        deleter = stage.begin(lambda: harness.delete(source), stop=before("database _commit"))
        copier = stage.begin(lambda: harness.copy(source, set_id))
        assert copier.waits
        deleter.end()
        assert type(copier.end()).__name__ == "AttachmentNotFoundError"
        harness.quiesce()
        assert harness.contents() == {}
