"""What a person wants done with the attachments of an owner's page, as calls of the services."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile

from attachments import services
from attachments.models import Attachment, RemovedAttachment
from attachments.permissions import Permissions
from attachments.services.files import replace_file


@dataclass(frozen=True)
class Step:
    """One thing to do once the owner is saved: `run` raises what the service raises; `what` names it in a message."""

    what: str
    run: Callable[[int], object]
    done: str


def choose_kind(attachment: Attachment, kind: str) -> Step:
    """Say what it is for."""
    return Step(
        attachment.title,
        lambda set_id: services.choose_kind(set_id=set_id, attachment_id=attachment.pk, kind=kind),
        f"“{attachment.title}” is of the kind {kind} now.",
    )


def move(attachment: Attachment, place: int) -> Step:
    """Put it at this place, counted from one."""
    return Step(
        attachment.title,
        lambda set_id: services.move(set_id=set_id, attachment_id=attachment.pk, position=place - 1),
        f"“{attachment.title}” was moved.",
    )


def rename(attachment: Attachment, title: str) -> Step:
    """Give it this title."""
    return Step(
        attachment.title,
        lambda set_id: services.rename(set_id=set_id, attachment_id=attachment.pk, title=title),
        f"“{attachment.title}” is now “{title}”.",
    )


def replace(attachment: Attachment, upload: "UploadedFile[bytes]") -> Step:
    """Give it another file."""
    return Step(
        attachment.title,
        lambda set_id: replace_file(set_id=set_id, attachment_id=attachment.pk, upload=upload, refuse_duplicate=True),
        f"“{attachment.title}” has a new file.",
    )


def choose_cover(choice: str) -> Step:
    """The number of an attachment; blank for none."""
    return Step(
        "Cover",
        lambda set_id: services.choose_cover(set_id=set_id, attachment_id=int(choice) if choice else None),
        "The cover was changed.",
    )


def delete(attachment: Attachment) -> Step:
    """Take it out of the set."""
    return Step(
        attachment.title,
        lambda set_id: services.detach(set_id=set_id, attachment_id=attachment.pk),
        f"“{attachment.title}” was deleted.",
    )


def restore(removed: RemovedAttachment, permissions: Permissions) -> Step:
    """Bring it back."""
    return Step(
        removed.title,
        lambda set_id: services.restore(
            set_id=set_id, removed_id=removed.pk, refuse_duplicate=True, permissions=permissions
        ),
        f"“{removed.title}” was restored.",
    )


def attach(upload: "UploadedFile[bytes]") -> Step:
    """Add a file."""
    name = upload.name or "file"
    return Step(
        name,
        lambda set_id: services.attach_file(set_id=set_id, upload=upload, refuse_duplicate=True),
        f"“{name}” was added.",
    )


def link(url: str, title: str) -> Step:
    """Add what is found at a web address."""
    return Step(
        url,
        lambda set_id: services.attach_link(set_id=set_id, url=url, title=title, refuse_duplicate=True),
        f"“{url}” was added.",
    )
