"""What the history of a part or kit says of its attachments."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from attachments import services
from attachments.models import Attachment, AttachmentSet, RemovedAttachment
from core.history.models import HistoryEntry
from tests.attachments.conftest import OwnerFactory
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db(transaction=True)


def restore(row: Attachment) -> None:
    row.delete()
    HistoryEntry.objects.all()._raw_delete("default")
    services.restore(set_id=row.attachment_set_id, removed_id=RemovedAttachment.objects.get().pk)


CHANGES: dict[str, tuple[Callable[[Attachment], object], str]] = {
    "rename": (
        lambda row: services.rename(set_id=row.attachment_set_id, attachment_id=row.pk, title="Rear"),
        "renamed “Front” to “Rear”",
    ),
    "the same title": (
        lambda row: services.rename(set_id=row.attachment_set_id, attachment_id=row.pk, title="Front"),
        "",
    ),
    "replace": (
        lambda row: services.replace_file(
            set_id=row.attachment_set_id, attachment_id=row.pk, upload=ContentFile(picture("plum"), "new.jpg")
        ),
        "replaced the file of “Front”",
    ),
    "choose a kind": (
        lambda row: services.choose_kind(set_id=row.attachment_set_id, attachment_id=row.pk, kind="pinout"),
        "changed “Front”: kind from “photo” to “pinout”",
    ),
    "clear the cover": (
        lambda row: services.choose_cover(set_id=row.attachment_set_id, attachment_id=None),
        "cleared the cover",
    ),
    "delete": (
        lambda row: services.detach(set_id=row.attachment_set_id, attachment_id=row.pk),
        "deleted “Front”",
    ),
    "delete in bulk": (lambda row: Attachment.objects.filter(pk=row.pk).delete(), "deleted “Front”"),
    "restore": (restore, "restored “Front”"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_one_entry_of_the_owner(owner_factory: OwnerFactory, change: str) -> None:
    owner = owner_factory.create()
    row = AttachmentFactory.create(image=True, owner=owner, title="Front")
    HistoryEntry.objects.all()._raw_delete("default")
    act, told = CHANGES[change]
    act(row)
    assert [entry.text for entry in HistoryEntry.objects.of(owner)] == ([told] if told else [])
    assert HistoryEntry.objects.count() == bool(told)


def test_what_is_added_and_copied_says_from_where() -> None:
    source, target = PartFactory.create(manufacturer_code="NE555"), PartFactory.create()
    row = AttachmentFactory.create(image=True, owner=source, title="Front")
    services.copy(attachment_id=row.pk, target_set_id=target.attachment_set_id, set_as_cover=True)
    assert [entry.text for entry in HistoryEntry.objects.of(source)] == ["added “Front”"]
    assert [entry.text for entry in HistoryEntry.objects.of(target)] == [
        "made “Front” the cover",
        f"copied “Front” from {source}",
    ]


def test_what_fails_is_not_in_it(set_id: int) -> None:
    with pytest.raises(Exception, match="no such attachment"):
        services.rename(set_id=set_id, attachment_id=4711, title="x")
    assert not HistoryEntry.objects.exists()
    assert AttachmentSet.objects.exists()
