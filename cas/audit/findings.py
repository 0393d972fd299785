"""What a check can find, and the checks that other apps add: the store knows no owner."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cas import references

_NAMED_ROWS = 10


class Severity(StrEnum):
    """How serious a finding is."""

    CRITICAL = "critical"  # Bytes that a row refers to are lost or damaged. The collector stops until it is put right.
    WARNING = "warning"  # Nothing is lost, but somebody should look.
    INFORMATION = "information"  # As it should be; nothing to do.


class Kind(StrEnum):
    """The kinds of findings."""

    MISSING = "missing"
    WRONG_SIZE = "wrong_size"
    CORRUPT = "corrupt"
    UNREADABLE = "unreadable"
    OLD_TOMBSTONE = "old_tombstone"
    NOT_OURS = "not_ours"
    NO_OWNER = "no_owner"
    SEVERAL_OWNERS = "several_owners"
    ADOPTABLE = "adoptable"
    YOUNG = "young"


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `subject` is a digest or what else it is about, `hurts` names the rows that suffer."""

    kind: Kind
    severity: Severity
    subject: str
    sentence: str
    hurts: tuple[str, ...] = ()

    def __str__(self) -> str:
        line = f"{self.severity}: {self.subject}: {self.sentence}"
        return f"{line} It belongs to {', '.join(self.hurts)}." if self.hurts else line

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON data."""
        return asdict(self)


def damage(kind: Kind, digest: str, sentence: str) -> Finding:
    """Damage to the bytes of a blob: critical when any row refers to it."""
    rows = [str(row) for row in references.users(digest, _NAMED_ROWS + 1)]
    hurts = (*rows[:_NAMED_ROWS], "others") if len(rows) > _NAMED_ROWS else tuple(rows)
    if not hurts:
        return Finding(
            kind, Severity.WARNING, digest, f"{sentence} Nothing refers to it; the collector will remove it."
        )
    return Finding(kind, Severity.CRITICAL, digest, sentence, hurts)


Check = Callable[[], Iterator[Finding]]

_further_checks: list[Check] = []


def register(check: Check) -> Check:
    """Add a check of rows that the store knows nothing of. Call it in an app's `ready()`."""
    if check not in _further_checks:
        _further_checks.append(check)
    return check


def further_findings() -> Iterator[Finding]:
    """What the checks of other apps find."""
    for check in _further_checks:
        yield from check()
