"""Several sweepers, and sessions of the database that break (fault tests 18, 24, 27)."""

import pytest

from attachments.models import Attachment
from cas.errors import ContentBusyError
from cas.models import Purge
from cas.protocol import adopt
from cas.protocol.collect import Outcome
from tests.plugins.blobs import retry
from tests.plugins.faults import Faults
from tests.protocol import harness
from tests.protocol.interleavings.purging import DATA, DIGEST, INSIDE_A, INSIDE_S, purge
from tests.protocol.places import Place, after, before
from tests.protocol.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


class TestTwoSweepers:
    @pytest.mark.parametrize("place", INSIDE_A, ids=str)
    def test_inside_a_the_second_skips(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        first = stage.begin(purge, stop=place)
        second = stage.begin(purge)
        assert second.is_done
        assert second.end() is Outcome.SKIPPED
        assert first.end() is Outcome.PURGED
        assert faults.count("remove") == 1

    @pytest.mark.parametrize("place", INSIDE_S, ids=str)
    def test_inside_s_the_second_and_an_adopter_do_nothing(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        first = stage.begin(purge, stop=place)
        assert stage.begin(harness.sweep).end() == []
        assert stage.begin(harness.adopt_all).end() == []
        assert stage.begin(lambda: adopt.adopt(DIGEST)).end() is False
        harness.assert_invariants()
        first.end()
        assert faults.count("remove") == 1
        harness.quiesce()

    def test_one_of_two_gets_an_expired_tombstone(self, stage: Stage, faults: Faults) -> None:
        harness.marked_blob(DATA)
        faults.fail("remove")
        purge()
        harness.let_delta_pass()
        first = stage.begin(lambda: retry(DIGEST), stop=before("database _commit"))
        assert stage.begin(lambda: retry(DIGEST)).end() is Outcome.SKIPPED
        assert first.end() is Outcome.PURGED
        assert faults.count("remove") == 2
        harness.quiesce()

    def test_whose_tombstone_was_taken_over_does_not_lift_it(self, stage: Stage, faults: Faults) -> None:
        harness.marked_blob(DATA)
        first = stage.begin(purge, stop=after("store remove"))
        harness.let_delta_pass()
        second = stage.begin(lambda: retry(DIGEST), stop=before("store remove"))
        assert second.is_stopped
        first.end()
        assert Purge.objects.filter(pk=DIGEST).exists(), "it is the second's now"
        assert isinstance(stage.begin(lambda: harness.upload(DATA)).end(), ContentBusyError)
        second.end()
        harness.quiesce()


class TestLostSessions:
    @pytest.mark.parametrize("place", [before("store remove"), after("store remove")], ids=str)
    def test_of_a_sweeper_during_its_delete(self, stage: Stage, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        sweeper.lose_session()
        assert isinstance(stage.begin(lambda: harness.upload(DATA)).end(), ContentBusyError)
        assert isinstance(sweeper.end(), Exception)
        assert Purge.objects.exists(), "nobody knows, so the tombstone stays"
        harness.assert_invariants()
        harness.let_delta_pass()
        assert isinstance(harness.upload(DATA), Attachment)
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    @pytest.mark.parametrize("place", INSIDE_A, ids=str)
    def test_of_a_sweeper_inside_a(self, stage: Stage, faults: Faults, place: Place) -> None:
        harness.marked_blob(DATA)
        sweeper = stage.begin(purge, stop=place)
        sweeper.lose_session()
        assert isinstance(stage.begin(lambda: harness.upload(DATA)).end(), Attachment)
        assert isinstance(sweeper.end(), Exception)
        assert faults.count("remove") == 0
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    @pytest.mark.parametrize("place", [before("locked stat"), after("locked stat")], ids=str)
    def test_of_an_uploader_while_it_looks(self, stage: Stage, faults: Faults, place: Place) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=place)
        waiting = stage.begin(lambda: harness.upload(DATA, set_id))
        uploader.lose_session()
        assert isinstance(waiting.end(), Attachment)
        assert isinstance(uploader.end(), Exception)
        assert Attachment.objects.count() == 1
        assert faults.count("remove") == 0
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}
