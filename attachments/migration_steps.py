"""Steps that the data migrations of every owner of a set share.

They work on large tables: in batches, each in a transaction of its own, so that memory stays constant and a
killed run goes on where it stopped. They see historical models only.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError

# Stays below the 999 variables that Django assumes for one SQLite statement.
BATCH_SIZE = 500
PROGRESS_EVERY = 10_000
NAMES_SHOWN = 20

logger = logging.getLogger(__name__)


def table(apps: Apps, schema_editor: BaseDatabaseSchemaEditor, label: str) -> models.QuerySet[Any]:
    """All rows of the historical model, in the database that is being migrated."""
    rows: models.QuerySet[Any] = apps.get_model(label)._default_manager.using(schema_editor.connection.alias)
    return rows


def in_batches(rows: models.QuerySet[Any], step: Callable[[list[Any]], object], *, what: str) -> None:
    """Call `step` with the rows by primary key, a batch at a time, and tell the log how far it is."""
    total = rows.count()
    done = 0
    last: Any = None
    while True:
        with transaction.atomic(using=rows.db):
            following = rows if last is None else rows.filter(pk__gt=last)
            batch = list(following.order_by("pk")[:BATCH_SIZE])
            if not batch:
                break
            step(batch)
        last = batch[-1].pk
        before, done = done, done + len(batch)
        if done >= total or done // PROGRESS_EVERY > before // PROGRESS_EVERY:
            logger.info("%s: %d of %d", what, done, total)


@contextmanager
def given_timestamps(model: type[models.Model]) -> Iterator[None]:
    """Let the historical model store the timestamps it is given: `auto_now` would put today's over them."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)]
    automatic = [(field, field.auto_now, field.auto_now_add) for field in fields]
    for field in fields:
        field.auto_now = field.auto_now_add = False
    try:
        yield
    finally:
        for field, auto_now, auto_now_add in automatic:
            field.auto_now, field.auto_now_add = auto_now, auto_now_add


def give_sets(owners: models.QuerySet[Any], sets: models.QuerySet[Any]) -> None:
    """Make a set, as old as its owner, for every owner that has none."""

    def step(batch: list[Any]) -> None:
        with given_timestamps(sets.model):
            made = sets.bulk_create(
                [sets.model(created_at=owner.created_at, updated_at=owner.updated_at) for owner in batch]
            )
        for owner, its_set in zip(batch, made, strict=True):
            owner.attachment_set = its_set
        owners.bulk_update(batch, ["attachment_set"])

    waiting = owners.filter(attachment_set=None).only("created_at", "updated_at")
    in_batches(waiting, step, what=f"{_plural(owners)} given a set")


def take_sets_away(owners: models.QuerySet[Any], sets: models.QuerySet[Any]) -> None:
    """Delete the sets of all owners, all or none: a run that stopped half-way could not go forward again."""

    def step(batch: list[Any]) -> None:
        owners.filter(pk__in=[owner.pk for owner in batch]).update(attachment_set=None)
        sets.filter(pk__in=[owner.attachment_set_id for owner in batch]).delete()

    with transaction.atomic(using=owners.db):
        in_batches(
            owners.exclude(attachment_set=None).only("attachment_set"),
            step,
            what=f"{_plural(owners)} without a set again",
        )


def refuse_to_lose_attachments(owners: models.QuerySet[Any], attachments: models.QuerySet[Any], *, naming: str) -> None:
    """Raise IrreversibleError, naming the owners, while any has attachments that going back would lose."""
    attached = attachments.filter(attachment_set=models.OuterRef("attachment_set"))
    names = owners.filter(models.Exists(attached))
    if names.exists():
        raise IrreversibleError(
            f"Going back would lose the attachments of these {_plural(owners)}: {shown(names, naming)}. "
            "Delete them first."
        )


def shown(rows: models.QuerySet[Any], field: str) -> str:
    """Return the values of the field for a sentence: all, or the first ones and how many more there are."""
    total = rows.count()
    values = rows.order_by(field).values_list(field, flat=True)[:NAMES_SHOWN]
    names = ", ".join(str(value) for value in values)
    return f"{names} and {total - NAMES_SHOWN} more" if total > NAMES_SHOWN else names


def reset_id_sequence(schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]) -> None:
    """Let new rows get new ids.

    Rows copied with their ids do not move PostgreSQL's sequence, and the next insert would fail.
    """
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _plural(owners: models.QuerySet[Any]) -> str:
    return str(owners.model._meta.verbose_name_plural)
