"""What can go wrong with parts and types; `str()` is a sentence for a person."""

from collections.abc import Iterable

from cas.errors import ConflictError


class NoFreeKeyError(ConflictError):
    """Every four-letter key is in use."""

    code = "no_free_key"

    def __init__(self) -> None:
        super().__init__("All four-letter part keys are in use; delete a part to free one.")


class PartInUseError(ConflictError):
    """Something refers to the part, so it cannot be deleted."""

    code = "part_in_use"

    def __init__(self, key: str, users: Iterable[str]) -> None:
        super().__init__(f"Part {key} cannot be deleted: it is used by {', '.join(users)}.")


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
