"""Everything that changes parts and types: for the API, the admin, the commands and the shell alike."""

from collections.abc import Iterable
from functools import partial
from typing import Any, TypeVar

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet

from attachments import services as attachments
from core import history, search
from core.constraints import check_constraints_told
from core.errors import NotFoundError
from parts import extras
from parts.errors import DuplicateTypeError, PartInUseError, TypeInUseError
from parts.models import Part, PartType, Tag

Row = TypeVar("Row", Part, PartType, Tag)

# What a duplicate does not take over.
_OWN = {"id", "key", "attachment_set", "created_at", "updated_at"}

logger = structlog.get_logger(__name__)


def create_part(*, tags: Iterable[str] = (), **fields: Any) -> Part:
    """A new part with a key and an attachment set of its own. Raises ValidationError, NoFreeKeyError."""
    kept_above = extras.take_from(fields)
    part = Part(**fields)
    part.clean_fields()
    with check_constraints_told(Part), transaction.atomic():
        part.save()
        if names := set(tags):
            part.tags.add(*_stored_tags(names))
        extras.save(part, kept_above)
        search.touch(part)
        history.record(part, "added")
    logger.info("part_created", part=part.key)
    return part


def update_part(part: Part, *, tags: Iterable[str] | None = None, **fields: Any) -> Part:
    """Change the given fields, and the tags unless None. `part` has the values of before. Raises ValidationError."""
    kept_above = extras.take_from(fields)
    changes = {name: (getattr(part, name), value) for name, value in fields.items()}
    for name, value in fields.items():
        setattr(part, name, value)
    # What is not changed is not looked at: the product page of an old row may be no address at all.
    part.clean_fields(exclude={field.name for field in Part._meta.fields} - set(fields))
    with check_constraints_told(Part), transaction.atomic():
        part.save(update_fields=[*fields, "updated_at"])
        if tags is not None:
            changes["tags"] = _tag_names(part), ", ".join(sorted(set(tags)))
            part.tags.set(_stored_tags(set(tags)))
        before = extras.save(part, kept_above)
        changes |= {name: (before[name], value) for name, value in kept_above.items()}
        search.touch(part)
        history.record_changes(part, "changed", changes)
    return part


def duplicate_part(part: Part) -> Part:
    """A new part with the same fields, tags and attachments, under a key of its own; no bytes are copied.

    Raises NoFreeKeyError. What somebody deletes of the original meanwhile is left out.
    """
    fields = {field.name: getattr(part, field.name) for field in Part._meta.fields if field.name not in _OWN}
    copy = Part(**fields)
    # No validation: an old part may be older than the rules.
    with transaction.atomic():
        copy.save()
        copy.tags.set(part.tags.all())
        search.touch(copy)
        history.record(copy, "duplicated", original=part.key)
    copied = attachments.copy_all(source_set_id=part.attachment_set_id, target_set_id=copy.attachment_set_id)
    logger.info("part_duplicated", part=copy.key, original=part.key, attachments=copied)
    return copy


def delete_part(part: Part) -> None:
    """Delete the part with its attachments. Raises NotFoundError, PartInUseError, naming what uses it."""
    key = part.key
    try:
        with transaction.atomic():
            going = _still_there(part)
            history.record(going, "deleted")
            going.delete()
    except ProtectedError as error:
        raise PartInUseError(key, error.protected_objects) from error
    logger.info("part_deleted", part=key)


def create_type(*, name: str) -> PartType:
    """A new type. Raises ValidationError, DuplicateTypeError."""
    return _save_type(PartType(name=name))


def rename_type(part_type: PartType, *, name: str) -> PartType:
    """Give the type another name. Raises ValidationError, DuplicateTypeError, NotFoundError when it is gone."""
    with transaction.atomic():
        # Or saving it would bring it back.
        _still_there(part_type)
        part_type.name = name
        _save_type(part_type)
        transaction.on_commit(partial(_reindex, Part.objects.filter(type=part_type)))
    return part_type


def rename_tag(tag: Tag, *, name: str) -> Tag:
    """Give the tag another name. Raises ValidationError, NotFoundError when it is gone."""
    with transaction.atomic():
        _still_there(tag)
        tag.name = name
        tag.full_clean()
        tag.save()
        transaction.on_commit(partial(_reindex, Part.objects.filter(tags=tag)))
    return tag


def delete_type(part_type: PartType) -> None:
    """Delete the type. Raises NotFoundError, TypeInUseError while parts have it."""
    try:
        with transaction.atomic():
            _still_there(part_type).delete()
    except ProtectedError as error:
        raise TypeInUseError(part_type.name, len(error.protected_objects)) from error


def _still_there(row: Row) -> Row:
    """The row as it is now, locked. Raises NotFoundError."""
    found: Row | None = type(row)._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if found is None:
        raise NotFoundError("This was deleted a moment ago.")
    return found


def _save_type(part_type: PartType) -> PartType:
    part_type.clean_fields()
    try:
        with transaction.atomic():
            part_type.save()
    except IntegrityError as error:
        raise DuplicateTypeError(part_type.name) from error
    return part_type


def _tag_names(part: Part) -> str:
    return ", ".join(sorted(tag.name for tag in part.tags.all()))


def _reindex(parts: QuerySet[Part]) -> None:
    search.reindex(Part, list(parts.order_by("pk").values_list("pk", flat=True)))


def _stored_tags(names: set[str]) -> list[Tag]:
    """The tags of these names; those that do not exist are made. Raises ValidationError."""
    new = [Tag(name=name) for name in sorted(names)]
    for tag in new:
        tag.clean_fields()
    Tag.objects.bulk_create(new, ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=names))
