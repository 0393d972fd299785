"""What can go wrong with kits; `str()` is a sentence for a person."""

from core.errors import ConflictError


class DuplicateKitError(ConflictError):
    """Another kit has the name."""

    code = "duplicate_kit"

    def __init__(self, name: str) -> None:
        super().__init__(f"A kit named {name} already exists.")


class KitArchivedError(ConflictError):
    """An archived kit refuses changes."""

    code = "kit_archived"

    def __init__(self, name: str) -> None:
        super().__init__(f"The kit {name} is archived; unarchive it to change it.")


class KitStatusError(ConflictError):
    """Archiving an archived kit, or the reverse."""

    code = "kit_status"

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"The kit {name} is {status} already.")


class DuplicateContentError(ConflictError):
    """The part is in the kit already."""

    code = "duplicate_content"

    def __init__(self, part: str) -> None:
        super().__init__(f"Part {part} already exists in this kit; change its quantity instead.")


class StaleContentError(ConflictError):
    """Somebody else changed the row meanwhile."""

    code = "stale_version"

    def __init__(self, sent: int, current: int) -> None:
        super().__init__(f"A newer version of this row already exists ({current}, not {sent}); load it again.")
