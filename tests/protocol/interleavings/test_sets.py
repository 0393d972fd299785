"""The lock of the set (rule R5): blob, purge, set, attachment, and never the other way round."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments import services
from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError
from attachments.models import Attachment, AttachmentSet
from cas.errors import StorageUnavailableError
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.files import picture, sha256
from tests.protocol import harness
from tests.protocol.places import Place, after, before
from tests.protocol.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)

RED, BLUE = (picture(colour, size=(8, 8), form="PNG") for colour in ("red", "blue"))
# The upload has its rows, and with them the lock of the set.
INSIDE_UPLOAD = [before("locked stat"), after("locked stat"), before("database _commit")]

Act = Callable[[Attachment], Any]


def image(data: bytes, set_id: int) -> Attachment:
    return harness.upload(data, set_id, "x.png")


def delete_owner(attachment: Attachment) -> Any:
    return Part.objects.get(attachment_set=attachment.attachment_set_id).delete()


CHANGES: dict[str, Act] = {
    "delete": harness.delete,
    "bulk delete": lambda old: Attachment.objects.filter(pk=old.pk).delete(),
    "delete the owner": delete_owner,
    "choose the cover": lambda old: services.choose_cover(set_id=old.attachment_set_id, attachment_id=old.pk),
    "clear the cover": lambda old: services.choose_cover(set_id=old.attachment_set_id, attachment_id=None),
    "rename": lambda old: services.rename(set_id=old.attachment_set_id, attachment_id=old.pk, title="Other"),
    "copy": lambda old: harness.copy(old, old.attachment_set_id),
    "upload": lambda old: image(RED, old.attachment_set_id),
}


class TestUpload:
    @pytest.mark.parametrize("place", INSIDE_UPLOAD, ids=str)
    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
    def test_makes_every_change_of_its_set_wait(self, stage: Stage, change: Act, place: Place) -> None:
        old = image(RED, harness.new_set())
        uploader = stage.begin(lambda: image(BLUE, old.attachment_set_id), stop=place)
        changer = stage.begin(lambda: change(old))
        assert changer.waits
        assert isinstance(uploader.end(), Attachment)
        assert not isinstance(changer.end(), Exception)
        harness.assert_invariants()
        harness.quiesce()

    def test_of_which_the_store_fails_hands_the_set_over_unchanged(self, stage: Stage) -> None:
        set_id = harness.new_set()
        uploader = stage.begin(lambda: image(RED, set_id), stop=before("locked stat"))
        second = stage.begin(lambda: image(BLUE, set_id))
        uploader.go_on(error=StorageUnavailableError())
        assert isinstance(uploader.end(), StorageUnavailableError)
        row = second.end()
        assert AttachmentSet.objects.get().cover_attachment == row
        assert row.position == 0

    def test_does_not_make_other_sets_wait(self, stage: Stage) -> None:
        old = image(RED, harness.new_set())
        uploader = stage.begin(lambda: image(BLUE, old.attachment_set_id), stop=before("locked stat"))
        elsewhere = harness.new_set()
        assert stage.begin(lambda: harness.upload(harness.document(), elsewhere)).is_done
        assert stage.begin(lambda: harness.copy(old, elsewhere)).is_done
        uploader.end()
        assert Attachment.objects.count() == 4

    def test_into_a_set_that_goes_finds_none(self, stage: Stage) -> None:
        part = PartFactory.create()
        deleter = stage.begin(part.delete, stop=before("database _commit"))
        uploader = stage.begin(lambda: image(RED, part.attachment_set_id))
        assert uploader.waits
        deleter.end()
        assert isinstance(uploader.end(), AttachmentSetNotFoundError)
        # It had sent its bytes already.
        harness.quiesce()
        assert harness.contents() == {}


class TestThree:
    def test_uploads_of_x_and_y_into_one_set_and_x_into_another(self, stage: Stage) -> None:
        one, other = harness.new_set(), harness.new_set()
        first = stage.begin(lambda: image(RED, one), stop=before("locked stat"))
        second = stage.begin(lambda: image(BLUE, one))
        third = stage.begin(lambda: image(RED, other))
        fourth = stage.begin(lambda: image(BLUE, other))
        assert [actor.waits for actor in (second, third, fourth)] == [True] * 3
        rows = [actor.end() for actor in (first, second, third, fourth)]
        assert {type(row) for row in rows} == {Attachment}
        assert harness.contents().keys() == {sha256(RED), sha256(BLUE)}

    def test_upload_owner_that_goes_and_copy(self, stage: Stage) -> None:
        part, elsewhere = PartFactory.create(), harness.new_set()
        source = image(RED, part.attachment_set_id)
        copier = stage.begin(lambda: harness.copy(source, elsewhere), stop=before("database _commit"))
        deleter = stage.begin(part.delete)
        uploader = stage.begin(lambda: image(BLUE, part.attachment_set_id))
        assert deleter.waits
        assert isinstance(copier.end(), Attachment)
        assert not isinstance(deleter.end(), Exception)
        assert isinstance(uploader.end(), Attachment | AttachmentSetNotFoundError)
        harness.sweep()
        harness.quiesce()
        assert harness.contents() == {sha256(RED): RED}

    def test_copies_crosswise(self, stage: Stage) -> None:
        one, other = image(RED, harness.new_set()), image(BLUE, harness.new_set())
        stopped = stage.begin(
            lambda: harness.copy(one, other.attachment_set_id),
            stop=after('sql SELECT "attachments_attachment"."position"'),
        )
        crosswise = stage.begin(lambda: harness.copy(other, one.attachment_set_id))
        assert isinstance(stopped.end(), Attachment)
        assert isinstance(crosswise.end(), Attachment)

    def test_cover_delete_and_upload_leave_one_cover(self, stage: Stage) -> None:
        set_id = harness.new_set()
        first, second = image(RED, set_id), image(BLUE, set_id)
        deleter = stage.begin(lambda: harness.delete(first), stop=before("database _commit"))
        chooser = stage.begin(lambda: services.choose_cover(set_id=set_id, attachment_id=first.pk))
        uploader = stage.begin(lambda: image(RED, set_id))
        assert [chooser.waits, uploader.waits] == [True, True]
        deleter.end()
        assert isinstance(chooser.end(), AttachmentNotFoundError)
        assert isinstance(uploader.end(), Attachment)
        assert AttachmentSet.objects.get().cover_attachment == second
        harness.quiesce()
