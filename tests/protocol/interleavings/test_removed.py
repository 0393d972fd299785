"""Deleting, replacing and restoring move a reference from one table to the other; the collector never finds none."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments.models import Attachment, RemovedAttachment
from attachments.services.removed import give_up_expired
from cas.models import Blob
from tests.protocol import harness
from tests.protocol.interleavings.purging import DATA, DIGEST
from tests.protocol.places import Place, after, before
from tests.protocol.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = [
    after('sql INSERT INTO "attachments_removedattachment"'),
    after('sql DELETE FROM "attachments_attachment"'),
    before("database _commit"),
]
BACK = [
    after('sql INSERT INTO "attachments_attachment"'),
    after('sql DELETE FROM "attachments_removedattachment"'),
    before("database _commit"),
]


def settled(stage: Stage) -> None:
    """Nothing was purged, and the content is there."""
    harness.assert_invariants()
    harness.quiesce()
    assert harness.contents()[DIGEST] == DATA


class TestCollectorMeanwhile:
    @pytest.mark.parametrize("place", PLACES, ids=str)
    def test_leaves_what_is_being_deleted(self, stage: Stage, place: Place) -> None:
        attachment = harness.upload(DATA)
        deleter = stage.begin(lambda: harness.remove(attachment), stop=place)
        assert stage.begin(harness.sweep).end() == []
        assert isinstance(deleter.end(), RemovedAttachment)
        settled(stage)

    @pytest.mark.parametrize("place", [PLACES[0], PLACES[2]], ids=str)
    def test_leaves_what_is_being_replaced(self, stage: Stage, place: Place) -> None:
        attachment = harness.upload(DATA)
        replacer = stage.begin(lambda: harness.replace(attachment, harness.document(1)), stop=place)
        assert stage.begin(harness.sweep).end() == []
        assert isinstance(replacer.end(), RemovedAttachment)
        settled(stage)

    @pytest.mark.parametrize("place", BACK, ids=str)
    def test_leaves_what_is_being_restored(self, stage: Stage, place: Place) -> None:
        removed = harness.remove(harness.upload(DATA))
        restorer = stage.begin(lambda: harness.restore(removed), stop=place)
        assert stage.begin(harness.sweep).end() == []
        assert isinstance(restorer.end(), Attachment)
        settled(stage)

    def test_looked_before_and_purges_after_a_restore(self, stage: Stage) -> None:
        removed = harness.remove(harness.upload(DATA))
        marker = stage.begin(harness.mark, stop=after("sql SELECT"))
        restorer = stage.begin(lambda: harness.restore(removed))
        marker.end()
        assert isinstance(restorer.end(), Attachment)
        assert Blob.objects.get().condemned_at is None
        settled(stage)


class TestExpiryMeanwhile:
    @pytest.mark.parametrize("place", BACK, ids=str)
    def test_leaves_what_is_being_restored(self, stage: Stage, place: Place) -> None:
        removed = harness.remove(harness.upload(DATA))
        harness.make_removed_old()
        restorer = stage.begin(lambda: harness.restore(removed), stop=place)
        assert stage.begin(give_up_expired).end() == 0
        assert isinstance(restorer.end(), Attachment)
        settled(stage)

    def test_comes_first_and_nothing_is_left_to_restore(self, stage: Stage) -> None:
        removed = harness.remove(harness.upload(DATA))
        harness.make_removed_old()
        expirer = stage.begin(give_up_expired, stop=before("database _commit"))
        restorer = stage.begin(lambda: harness.restore(removed))
        assert restorer.waits
        assert expirer.end() == 1
        assert type(restorer.end()).__name__ == "RemovedAttachmentNotFoundError"
        harness.quiesce()
        assert harness.contents() == {}


class TestAtTheSameMoment:
    def test_two_restores_make_one(self, stage: Stage) -> None:
        removed = harness.remove(harness.upload(DATA))
        first = stage.begin(lambda: harness.restore(removed), stop=before("database _commit"))
        second = stage.begin(lambda: harness.restore(removed))
        assert second.waits
        assert isinstance(first.end(), Attachment)
        assert type(second.end()).__name__ == "RemovedAttachmentNotFoundError"
        settled(stage)

    @pytest.mark.parametrize("act", [harness.restore, lambda removed: harness.remove(Attachment.objects.get())])
    def test_the_owner_goes(self, stage: Stage, act: Callable[[RemovedAttachment], Any]) -> None:
        attachment = harness.upload(DATA)
        removed = harness.remove(harness.copy(attachment, attachment.attachment_set_id))
        owner = attachment.attachment_set.owner
        assert owner is not None
        actor = stage.begin(lambda: act(removed), stop=before("database _commit"))
        deleter = stage.begin(owner.delete)
        assert deleter.waits
        actor.end()
        deleter.end()
        harness.quiesce()
        assert harness.contents() == {}
