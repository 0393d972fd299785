"""Adoption against everybody who has the same content under way (fault tests 30 and 31)."""

import pytest
from django.db import IntegrityError

from attachments.models import Attachment
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import Blob
from cas.protocol import adopt as protocol
from cas.protocol import collect
from cas.protocol.collect import Outcome
from tests.plugins.blobs import purge
from tests.plugins.faults import Faults
from tests.protocol import harness
from tests.protocol.interleavings.purging import DATA, DIGEST, insert_reference
from tests.protocol.places import Place, after, before
from tests.protocol.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def orphan() -> None:
    """An object without a row, as a killed upload leaves it."""
    harness.bring(DATA)
    Blob.objects.all().delete()


def adopt() -> bool:
    return protocol.adopt(DIGEST)


class TestUploadThatHasSentItsBytes:
    @pytest.mark.parametrize("place", [before("locked stat"), before("database _commit")], ids=str)
    def test_is_not_adopted(self, stage: Stage, place: Place) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=place)
        adopter = stage.begin(harness.adopt_all)
        uploader.end()
        assert adopter.end() == [False]
        assert Blob.objects.get().condemned_at is None
        harness.quiesce()
        assert harness.contents() == {DIGEST: DATA}

    def test_is_not_waited_for_for_ever(self, stage: Stage) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=before("database _commit"))
        # The lock timeout is the database's.
        assert stage.begin(harness.adopt_all).end() == [False]
        assert isinstance(uploader.end(), Attachment)
        assert Blob.objects.get().condemned_at is None

    def test_and_fails_leaves_its_object_to_the_adopter(self, stage: Stage, faults: Faults) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: harness.upload(DATA, set_id), stop=before("locked stat"))
        adopter = stage.begin(harness.adopt_all)
        uploader.go_on(error=StorageUnavailableError())
        assert isinstance(uploader.end(), StorageUnavailableError)
        # On a slow machine it has stopped waiting before.
        assert adopter.end() == [True] or harness.adopt_all() == [True]
        harness.assert_invariants()
        assert faults.count("remove") == 0
        harness.quiesce()
        assert harness.contents() == {}


class TestAdopterWhoHasInserted:
    def test_makes_an_upload_wait_that_uses_the_object(self, stage: Stage, faults: Faults) -> None:
        orphan()
        sent = faults.count("publish")
        adopter = stage.begin(adopt, stop=after("store stat"))
        uploader = stage.begin(lambda: harness.upload(DATA))
        assert uploader.waits
        assert adopter.end() is True
        assert isinstance(uploader.end(), Attachment)
        # It sends what no row knows, and finds it here.
        assert faults.count("publish") == sent + 1
        assert Blob.objects.get().condemned_at is None
        harness.quiesce()

    def test_makes_another_adopter_wait(self, stage: Stage) -> None:
        orphan()
        first = stage.begin(adopt, stop=after("store stat"))
        second = stage.begin(adopt)
        assert first.end() is True
        assert second.end() is False
        assert Blob.objects.count() == 1

    def test_is_not_seen_by_a_sweeper(self, stage: Stage, faults: Faults) -> None:
        orphan()
        adopter = stage.begin(adopt, stop=after("store stat"))
        assert stage.begin(harness.sweep).end() == []
        adopter.end()
        assert faults.count("remove") == 0
        harness.quiesce()


class TestListingThatIsOld:
    """Upload, delete and purge have come and gone since the object was listed; a copy is still open."""

    def test_does_not_bring_a_row_back_without_its_object(self, stage: Stage) -> None:
        orphan()
        attachment = harness.upload(DATA)
        copier = stage.begin(insert_reference, stop=before("database _commit"))
        harness.delete(attachment)
        assert harness.sweep() == [Outcome.PURGED]
        assert adopt() is False
        assert isinstance(copier.end(), IntegrityError)
        harness.assert_invariants()
        harness.quiesce()
        assert harness.contents() == {}

    def test_finds_the_tombstone_of_a_purge_that_is_not_done(self, stage: Stage) -> None:
        attachment = harness.upload(DATA)
        copier = stage.begin(insert_reference, stop=before("database _commit"))
        harness.delete(attachment)
        collect.mark([DIGEST])
        sweeper = stage.begin(lambda: purge(DIGEST, harness.NO_GRACE), stop=before("store remove"))
        assert adopt() is False
        assert isinstance(stage.begin(lambda: harness.upload(DATA)).end(), ContentBusyError)
        assert isinstance(copier.end(), IntegrityError)
        sweeper.end()
        harness.quiesce()
        assert harness.contents() == {}

    @pytest.mark.parametrize("place", [before("store stat"), after("store stat")], ids=str)
    def test_a_purge_comes_after_the_adoption(self, stage: Stage, place: Place) -> None:
        orphan()
        adopter = stage.begin(adopt, stop=place)
        # The row is not committed: nobody can purge what the adopter looks at.
        assert purge(DIGEST, harness.NO_GRACE) is Outcome.SKIPPED
        assert adopter.end() is True
        assert purge(DIGEST, harness.NO_GRACE) is Outcome.PURGED
        assert harness.contents() == {}
