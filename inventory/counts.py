"""How much there is: counted rarely, because counting a million rows takes its time."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.cache import cache
from django.db.models import Count, Sum

from attachments.models import Attachment
from cas.models import Blob
from kits.models import Kit
from parts.models import Part

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Counted = TypeVar("Counted", bound="DataclassInstance")

_KEY = "inventory-figures"
# Counting may take a thousandth of the time: what takes 5 ms is 5 s old at most, what takes half a second 8 minutes.
_PATIENCE = 1000
_SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class Figures:
    """Numbers of rows; bytes in the store, and bytes that sharing saves."""

    parts: int
    kits: int
    attachments: int
    stored_bytes: int
    saved_bytes: int
    damaged: int


def figures() -> Figures:
    """What was counted last, by any process of the site; counted anew when that is old."""
    return counted_rarely(_KEY, Figures, _count)


def counted_rarely(key: str, kind: type[Counted], count: Callable[[], Counted]) -> Counted:
    """What `count` said last under this key, to any process of the site; it is asked anew when that is old."""
    # Not the object itself: another version of the code may have kept it, or may find it.
    known: dict[str, Any] | None = cache.get(key)
    if known is not None and known.keys() == kind.__dataclass_fields__.keys():
        return kind(**known)
    started = time.perf_counter()
    counted = count()
    seconds = time.perf_counter() - started
    cache.set(key, asdict(counted), max(_SHORTEST_SECONDS, seconds * _PATIENCE))
    return counted


def _count() -> Figures:
    blobs = Blob.objects.aggregate(bytes=Sum("size", default=0), damaged=Count("corrupt_at"))
    rows = Attachment.objects.aggregate(number=Count("pk"))
    shown = Attachment.objects.filter(blob__isnull=False).aggregate(bytes=Sum("file_size", default=0))
    return Figures(
        parts=Part.objects.count(),
        kits=Kit.objects.count(),
        attachments=rows["number"],
        stored_bytes=blobs["bytes"],
        # Contents that nothing shows any more wait for the collector: they save nothing.
        saved_bytes=max(0, shown["bytes"] - blobs["bytes"]),
        damaged=blobs["damaged"],
    )
