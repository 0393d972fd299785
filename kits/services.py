"""Everything that changes kits: for the API, the admin, the commands and the shell alike.

Each change locks the kit first, so that nothing slips into a kit while it is archived.
"""

from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core import history, search
from core.constraints import check_constraints_told
from core.errors import NotFoundError
from kits.errors import DuplicateContentError, DuplicateKitError, KitArchivedError, KitStatusError, StaleContentError
from kits.models import Kit, KitContent
from parts.models import Part

logger = structlog.get_logger(__name__)


def create_kit(**fields: Any) -> Kit:
    """A new kit with an attachment set of its own. Raises ValidationError, DuplicateKitError."""
    with transaction.atomic():
        kit = _save(Kit(**fields))
        history.record(kit, "added")
    logger.info("kit_created", kit_id=kit.pk)
    return kit


def update_kit(kit_id: int, **fields: Any) -> Kit:
    """Change the given fields. Raises NotFoundError, KitArchivedError, ValidationError, DuplicateKitError."""
    with transaction.atomic():
        kit = _locked(kit_id)
        changes = _set_fields(kit, fields)
        history.record_changes(_save(kit), "changed", changes)
    return kit


def delete_kit(kit_id: int) -> None:
    """Delete the kit, archived or not, with its contents and attachments. Raises NotFoundError."""
    with transaction.atomic():
        kit = _locked(kit_id, even_archived=True)
        history.record(kit, "deleted")
        kit.delete()
    logger.info("kit_deleted", kit_id=kit_id)


def archive(kit_id: int) -> Kit:
    """Close the kit to changes. Raises NotFoundError, KitStatusError when it is already."""
    return _set_status(kit_id, Kit.Status.ARCHIVED, "archived")


def unarchive(kit_id: int) -> Kit:
    """Open it again. Raises NotFoundError, KitStatusError when it is already."""
    return _set_status(kit_id, Kit.Status.ACTIVE, "unarchived")


def add_content(kit_id: int, *, part: Part, required_per_unit: int = 1, note: str | None = None) -> KitContent:
    """Put a part into the kit. Raises NotFoundError, KitArchivedError, ValidationError, DuplicateContentError."""
    with transaction.atomic():
        content = KitContent(kit=_locked(kit_id), part=part, required_per_unit=required_per_unit, note=note)
        _save_content(content)
        _record(content, "content_added", quantity=content.required_per_unit)
    return content


def change_content(kit_id: int, content_id: int, *, version: int, **fields: Any) -> KitContent:
    """Change part, quantity or note.

    Raises NotFoundError, KitArchivedError, StaleContentError, ValidationError, DuplicateContentError.
    """
    with transaction.atomic():
        content = _content(_locked(kit_id), content_id)
        if content.version != version:
            raise StaleContentError(version, content.version)
        changes = _set_fields(content, fields)
        content.version += 1
        _save_content(content)
        history.record_changes(content.kit, "content_changed", changes, **_about(content))
    return content


def remove_content(kit_id: int, content_id: int) -> None:
    """Take a part out of the kit. Raises NotFoundError, KitArchivedError."""
    with transaction.atomic():
        content = _content(_locked(kit_id), content_id)
        _record(content, "content_removed", quantity=content.required_per_unit)
        content.delete()


def _locked(kit_id: int, *, even_archived: bool = False) -> Kit:
    kit = Kit.objects.select_for_update(of=("self",)).filter(pk=kit_id).first()
    if kit is None:
        raise NotFoundError("There is no such kit.")
    if kit.is_archived and not even_archived:
        raise KitArchivedError(kit.name)
    return kit


def _content(kit: Kit, content_id: int) -> KitContent:
    content = kit.contents.select_related("part").filter(pk=content_id).first()
    if content is None:
        raise NotFoundError("There is no such row in this kit.")
    return content


def _set_fields(row: Kit | KitContent, fields: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set the fields of the row. Returns the values of before and after by name."""
    changes = {name: (getattr(row, name), value) for name, value in fields.items()}
    for name, value in fields.items():
        setattr(row, name, value)
    return changes


def _about(content: KitContent) -> dict[str, Any]:
    return {"part": content.part.key, "content_id": content.pk}


def _record(content: KitContent, verb: str, **parameters: Any) -> None:
    history.record(content.kit, verb, **_about(content), **parameters)


def _save_content(content: KitContent) -> KitContent:
    content.clean_fields(exclude=["kit"])
    try:
        with transaction.atomic():
            content.save()
    except IntegrityError as error:
        raise DuplicateContentError(content.part.key) from error
    return content


def _save(kit: Kit) -> Kit:
    kit.clean_fields()
    try:
        with check_constraints_told(Kit), transaction.atomic():
            kit.save()
            search.touch(kit)
    except IntegrityError as error:
        raise DuplicateKitError(kit.name) from error
    return kit


def _set_status(kit_id: int, status: Kit.Status, verb: str) -> Kit:
    with transaction.atomic():
        kit = _locked(kit_id, even_archived=True)
        if kit.status == status:
            raise KitStatusError(kit.name, status.label)
        archived_at = Now() if status == Kit.Status.ARCHIVED else None
        Kit.objects.filter(pk=kit_id).update(status=status, archived_at=archived_at, updated_at=Now())
        kit.refresh_from_db()
        history.record(kit, verb)
    return kit
