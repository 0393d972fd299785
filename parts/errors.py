"""What can go wrong with parts and types; `str()` is a sentence for a person."""

from collections.abc import Collection

from django.db import models

from core.errors import ConflictError

# So many users of a part are named.
_NAMED = 5


class NoFreeKeyError(ConflictError):
    """Every four-letter key is in use."""

    code = "no_free_key"

    def __init__(self) -> None:
        super().__init__("All four-letter part keys are in use; delete a part to free one.")


class PartInUseError(ConflictError):
    """Something refers to the part, so it cannot be deleted."""

    code = "part_in_use"

    def __init__(self, key: str, users: Collection[models.Model]) -> None:
        # To name one takes a query.
        some = sorted(users, key=lambda user: user.pk)[:_NAMED]
        names = ", ".join(sorted({str(user) for user in some}))
        others = f" and {len(users) - len(some)} others" if len(users) > len(some) else ""
        super().__init__(f"Cannot delete part {key}: it is used by {names}{others}.")


class TypeInUseError(ConflictError):
    """Parts have the type, so it cannot be deleted."""

    code = "type_in_use"

    def __init__(self, name: str, count: int) -> None:
        parts = "1 part has" if count == 1 else f"{count} parts have"
        super().__init__(f"Cannot delete type {name}: {parts} it.")


class DuplicateTypeError(ConflictError):
    """Another type has the name."""

    code = "duplicate_type"

    def __init__(self, name: str) -> None:
        super().__init__(f"A type named {name} already exists.")
