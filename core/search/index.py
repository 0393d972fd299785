"""Keeping the index beside the rows: one call where a row changes, and all over again.

Whoever writes an entry has locked what its text is read from, the row itself or what belongs to it, and reads after
that. Otherwise two writers overwrite each other's text. The entries come last in the order of locks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, pre_delete

from core.prepared import PreparedDelete, PreparedInsert
from core.search.kinds import Kind, belonging_of, belongings, kind_of
from core.search.models import SearchEntry
from core.search.tokens import Text

BATCH = 500

# What an entry has for itself, and what changes where there is one.
_UNIQUE, _UPDATED = ("kind", "object_id", "source"), ("tokens",)

_WRITE_ONE = PreparedInsert(SearchEntry, unique_fields=_UNIQUE, update_fields=_UPDATED)
_FORGET = PreparedDelete(lambda source: SearchEntry.objects.filter(source=source))

_FORGOTTEN = "_forgotten_search_entries"

# What an entry is about: the number of the row, and the source.
Subject = tuple[int, str]


def touch(row: Model, part: Model | None = None) -> None:
    """Let the row be found by the text that it has now; with a `part`, by the text of this, which belongs to it.

    Call it in the transaction of the change, when the row (or what belongs to it) is written or locked. Nothing happens
    for a row whose kind is not registered. At most two statements.
    """
    kind = kind_of(type(row))
    if kind is None:
        return
    if part is None:
        source, text = "", kind.texts([row.pk]).get(row.pk)
    else:
        how = belonging_of(type(part))
        source, text = how.source(part.pk), how.text(part)
    if text is not None:
        _WRITE_ONE(SearchEntry(kind=kind.name, object_id=row.pk, source=source, tokens=text.tokens))


def forget_part(part: Model) -> None:
    """Let nothing be found any more by what belonged to it, and is deleted."""
    _FORGET(belonging_of(type(part)).source(part.pk))


def connect(model: type[Model]) -> None:
    """Let the entries of this kind go with their rows, however these are deleted. Call it in an app's `ready()`."""
    pre_delete.connect(_note_deleted, sender=model, dispatch_uid=f"note_deleted_{model._meta.label}")
    post_delete.connect(_forget_deleted, sender=model, dispatch_uid=f"forget_deleted_{model._meta.label}")


def reindex(model: type[Model], ids: Sequence[int]) -> None:
    """Let these rows be found by the text that they have now. In batches, each a transaction of its own."""
    kind = kind_of(model)
    assert kind is not None, "only rows that are searched have entries"
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            there = _locked(kind, ids[start : start + BATCH])
            _write(kind, {(pk, ""): text.tokens for pk, text in kind.texts(there).items()})


@dataclass
class Batch:
    """How entries and rows of a stretch of a table differ: what is `missing` or says something else, what is `left`."""

    rows: int
    last: int
    wrong: dict[Subject, str] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many entries differ."""
        return len(self.wrong) + len(self.left)


def compare(kind: Kind, *, after: int = 0, repair: bool) -> Iterator[Batch]:
    """Compare the entries with the rows, from this primary key on, in batches; with `repair` put them right.

    To repair, each batch is a transaction of its own, with the rows locked.
    """
    is_last = False
    while not is_last:
        with transaction.atomic():
            rows = kind.model._default_manager.filter(pk__gt=after).order_by("pk")
            ids = list(rows.values_list("pk", flat=True)[:BATCH])
            is_last = len(ids) < BATCH
            batch = _compared(kind, ids, after, None if is_last else ids[-1], lock=repair)
            if repair:
                _write(kind, batch.wrong)
                SearchEntry.objects.filter(pk__in=batch.left).delete()
        after = batch.last
        yield batch


def _compared(kind: Kind, ids: Sequence[int], after: int, until: int | None, *, lock: bool) -> Batch:
    if lock:
        ids = _locked(kind, ids)
    texts: dict[Subject, Text] = {(pk, ""): text for pk, text in kind.texts(ids).items()}
    for how in belongings():
        for pk, part in how.read(kind.model, ids, lock=lock):
            texts[pk, how.source(part.pk)] = how.text(part)
    stretch = SearchEntry.objects.filter(kind=kind.name, object_id__gt=after)
    if until is not None:
        stretch = stretch.filter(object_id__lte=until)
    batch = Batch(rows=len(ids), last=after if until is None else until)
    batch.wrong = {subject: text.tokens for subject, text in texts.items()}
    strays = []
    for entry in stretch:
        subject = (entry.object_id, entry.source)
        if subject not in texts:
            strays.append(entry)
        elif batch.wrong[subject] == entry.tokens:
            del batch.wrong[subject]
    # A row that was added since the rows were read has come with its entries.
    others = {entry.object_id for entry in strays} - set(ids)
    added = set(kind.model._default_manager.filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    batch.left = [entry.pk for entry in strays if entry.object_id not in added]
    return batch


def _locked(kind: Kind, ids: Sequence[int]) -> list[int]:
    """Those that are still there, locked, so that nobody changes them until their text is written."""
    rows = kind.model._default_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _write(kind: Kind, tokens: dict[Subject, str]) -> None:
    # By the number of the row and the source: the order in which several writers take the same entries.
    SearchEntry.objects.bulk_create(
        [
            SearchEntry(kind=kind.name, object_id=pk, source=source, tokens=words)
            for (pk, source), words in sorted(tokens.items())
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=_UNIQUE,
        update_fields=_UPDATED,
    )


def _note_deleted(sender: type[Model], instance: Model, origin: Any, **kwargs: Any) -> None:
    """Note a row that is about to go, on the object that `delete()` was called on."""
    origin.__dict__.setdefault(_FORGOTTEN, {}).setdefault(sender, []).append(instance.pk)


def _forget_deleted(sender: type[Model], origin: Any, using: str, **kwargs: Any) -> None:
    """Delete the entries of all rows of this kind at once: these are all gone by the first `post_delete`."""
    kind, deleted = kind_of(sender), origin.__dict__[_FORGOTTEN].pop(sender, [])
    if kind is not None and deleted:
        SearchEntry.objects.using(using).filter(kind=kind.name, object_id__in=deleted).delete()
