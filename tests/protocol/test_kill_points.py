"""kill -9 at every step of every writer: nothing dangles, and whoever comes next succeeds."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments.models import Attachment, AttachmentSet
from cas.models import Blob, Purge
from cas.storage import cas_storage
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.deaths import Kill, dies
from tests.plugins.files import picture, sha256
from tests.protocol import harness
from tests.protocol.places import Place, after, before

pytestmark = pytest.mark.django_db(transaction=True)

UPLOAD = [
    before("store publish"),
    after("store publish"),
    before('sql INTO "cas_blob"'),
    after('sql INTO "cas_blob"'),
    after('sql INSERT INTO "attachments_attachment"'),
    before("store stat"),
    before("database _commit"),
]
# Of an upload whose object goes before its transaction.
UPLOAD_THAT_SENDS_TWICE = [before("store publish"), after("store publish"), before("database _commit")]
PURGE = [
    before('sql INSERT INTO "cas_purge"'),
    after('sql DELETE FROM "cas_blob"'),
    before("database _commit"),
    after("database _commit"),
    before("store remove"),
    after("store remove"),
]


@pytest.mark.parametrize("place", UPLOAD, ids=str)
class TestUploadThatIsKilled:
    @pytest.mark.parametrize("and_adopted", [False, True])
    def test_leaves_no_attachment_and_the_next_one_succeeds(self, place: Place, and_adopted: bool) -> None:
        set_id = harness.new_set()
        assert dies(lambda: harness.upload(harness.document(), set_id), place.visit)
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        harness.assert_invariants()
        if and_adopted:
            # At most an object is left.
            harness.adopt_all()
            harness.sweep()
            assert harness.contents() == {}
        assert harness.upload(harness.document(), set_id).blob_id == sha256(harness.document())
        harness.quiesce()


@pytest.mark.parametrize("place", UPLOAD_THAT_SENDS_TWICE, ids=str)
class TestUploadThatIsKilledWhileItSendsAgain:
    def test_leaves_no_attachment_and_the_next_one_succeeds(self, place: Place) -> None:
        set_id = harness.new_set()
        digest = sha256(harness.document())

        def prepare(patch: pytest.MonkeyPatch, kill: Kill) -> None:
            """The object goes at the end of step 0a; from then on the kill waits at its place."""

            def lose() -> None:
                if not lost:
                    lost.append(True)
                    cas_storage().remove(digest)
                    place.visit(patch, kill)

            lost: list[bool] = []
            before("store stat").visit(patch, lose)

        assert dies(lambda: harness.upload(harness.document(), set_id), prepare)
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert harness.upload(harness.document(), set_id).blob_id == digest
        harness.quiesce()


class TestUploadThatIsKilledAfterItsCommit:
    def test_is_there(self) -> None:
        set_id = harness.new_set()
        assert dies(lambda: harness.upload(harness.document(), set_id), after("database _commit").visit)
        assert Attachment.objects.get().blob_id == sha256(harness.document())
        harness.quiesce()
        assert set(harness.contents()) == {sha256(harness.document())}


@pytest.mark.parametrize("place", PURGE, ids=str)
class TestPurgeThatIsKilled:
    def test_is_finished_by_another(self, place: Place) -> None:
        harness.marked_blob(harness.document())
        assert dies(harness.sweep, place.visit)
        harness.assert_invariants()
        harness.quiesce()
        assert harness.contents() == {}

    def test_does_not_keep_the_content_out_for_ever(self, place: Place) -> None:
        harness.marked_blob(harness.document())
        assert dies(harness.sweep, place.visit)
        harness.let_delta_pass()
        assert harness.upload(harness.document()).blob_id == sha256(harness.document())
        assert not Purge.objects.exists()
        harness.quiesce()
        assert harness.contents()


class TestOthersThatAreKilled:
    @pytest.mark.parametrize("place", [before("store stat"), after("store stat"), before("database _commit")], ids=str)
    def test_adoption_is_repeated(self, place: Place) -> None:
        harness.delete(harness.upload(harness.document()))
        Blob.objects.all().delete()
        assert dies(harness.adopt_all, place.visit)
        assert not Blob.objects.exists()
        assert harness.adopt_all() == [True]
        harness.quiesce()

    @pytest.mark.parametrize(
        ("act", "place"),
        [
            (
                lambda image: harness.copy(image, image.attachment_set_id),
                after('sql SELECT "attachments_attachment"."position"'),
            ),
            (lambda image: harness.copy(image, image.attachment_set_id), before("database _commit")),
            (harness.delete, after("rows update attachments.AttachmentSet")),
            (harness.delete, before("database _commit")),
            (lambda image: Part.objects.all().delete(), after("rows delete attachments.AttachmentSet")),
            (lambda image: Part.objects.all().delete(), before("database _commit")),
        ],
    )
    def test_copies_and_deletes_did_nothing(self, act: Callable[[Attachment], Any], place: Place) -> None:
        part = PartFactory.create()
        images = [
            harness.upload(picture(colour, size=(8, 8), form="PNG"), part.attachment_set_id, "x.png")
            for colour in ("red", "blue")
        ]
        assert dies(lambda: act(images[0]), place.visit)
        assert AttachmentSet.objects.get().cover_attachment == images[0]
        assert list(Attachment.objects.in_order()) == images
        harness.quiesce()
