"""Writing the history, in the transaction of what it tells."""

from collections.abc import Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from core.actors import current_user
from core.history.models import HistoryEntry

# Of an open API.
LOCAL_USER = "Local user"
# Of what no request asked for.
COMMAND = "A command"
_NAME_LENGTH = 255
_VALUE_LENGTH = 200


def record(row: Model, verb: str, *, name: str | None = None, **parameters: Any) -> HistoryEntry:
    """Note that the user of this request did this to the row. One statement, in the transaction of the change.

    `name` is what the row is called there, if not by its text.
    """
    user = current_user()
    is_known = user is not None and user.pk is not None
    return HistoryEntry.objects.create(
        content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
        object_id=str(row.pk),
        actor=user if is_known else None,
        actor_name=user.get_username()[:_NAME_LENGTH] if is_known else COMMAND if user is None else LOCAL_USER,
        verb=verb,
        parameters={"name": (str(row) if name is None else name)[:_NAME_LENGTH], **parameters},
    )


def record_changes(row: Model, verb: str, changes: Mapping[str, tuple[Any, Any]], **parameters: Any) -> None:
    """Note which fields have other values now, with both, shortened. Nothing when there is none."""
    shown = {name: [_shown(value) for value in pair] for name, pair in changes.items() if pair[0] != pair[1]}
    if shown:
        record(row, verb, changes=shown, **parameters)


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)[:_VALUE_LENGTH]
