"""When the collector must not delete anything."""

from dataclasses import dataclass
from datetime import timedelta

from cas import references
from cas.audit import reports
from cas.models import Blob
from cas.protocol import binding, collect
from core.errors import ConflictError

# So few are never too many: a small inventory may lose a kit.
_ALWAYS_ALLOWED = 20


class CollectionRefusedError(ConflictError):
    """The collector does not delete anything now; the sentence says why and what helps."""

    code = "collection_refused"


@dataclass(frozen=True)
class Cap:
    """How much one run may delete before somebody has to say that it is meant."""

    blobs: int
    percent: int

    def allows(self, candidates: int, total: int) -> bool:
        """Whether so many of all blobs are within it."""
        return candidates <= _ALWAYS_ALLOWED or (candidates <= self.blobs and candidates * 100 <= total * self.percent)


def refuse_a_store_of_others() -> None:
    """Raise CollectionRefusedError when the store is not bound to this database. Raises StorageUnavailableError."""
    try:
        binding.require()
    except binding.StoreBindingError as error:
        raise CollectionRefusedError(str(error)) from error


def refuse_open_findings() -> None:
    """Raise CollectionRefusedError while the last check had critical findings."""
    critical = reports.open_critical_findings()
    if critical:
        raise CollectionRefusedError(
            f"Critical findings of the last cas_check: {critical}. Nothing is deleted until they are put right and "
            "another cas_check has none."
        )


def refuse_too_many(grace: timedelta, cap: Cap) -> None:
    """Raise CollectionRefusedError when more is to be deleted than usual."""
    candidates = references.unused(collect.purgeable(grace)).count()
    total = Blob.objects.count()
    if not cap.allows(candidates, total):
        raise CollectionRefusedError(
            f"{candidates} of {total} contents are to be deleted; one run may delete {cap.blobs}, and {cap.percent} % "
            "of all. If that is meant, run it again with --force."
        )
