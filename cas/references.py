"""Who uses a blob: every foreign key to Blob that Django knows, whatever model it is in."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, Q, QuerySet

from cas.models import Blob


def relations() -> list[ForeignObjectRel]:
    """The foreign keys to Blob, hidden ones included (`related_name="+"`, which `related_objects` leaves out)."""
    fields = Blob._meta.get_fields(include_hidden=True)
    return [
        field
        for field in fields
        if isinstance(field, ForeignObjectRel) and field.auto_created and (field.one_to_many or field.one_to_one)
    ]


def unused(blobs: QuerySet[Blob]) -> QuerySet[Blob]:
    """Those that no committed row refers to."""
    # One condition for each relation: PostgreSQL makes an anti-join of NOT EXISTS only where it stands by itself.
    return blobs.filter(*(~_refers(relation) for relation in relations()))


def unused_digests() -> "QuerySet[Blob, str]":
    """The digests of all blobs that no committed row refers to.

    A second for a million blobs: without another column, the indexes of both sides are read side by side.
    """
    return unused(Blob.objects.all()).values_list("pk", flat=True)


def used(blobs: QuerySet[Blob]) -> QuerySet[Blob]:
    """Those that a committed row refers to."""
    return blobs.filter(reduce(or_, (Q(_refers(relation)) for relation in relations()), Q(pk__in=())))


def users(digest: str, limit: int) -> Iterator[Model]:
    """At most so many rows of each kind that refer to the blob."""
    for relation in relations():
        yield from _rows(relation).filter(**{relation.field.name: digest})[:limit]


def _refers(relation: ForeignObjectRel) -> Exists:
    return Exists(_rows(relation).filter(**{relation.field.name: OuterRef("pk")}))


def _rows(relation: ForeignObjectRel) -> QuerySet[Any]:
    return relation.related_model._base_manager.all()
