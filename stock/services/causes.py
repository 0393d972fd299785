"""Why something moved: by hand, or for a list."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """The list on whose account something moved; blank when a person did it by hand.

    `source` is one of `stock.models.Source`, `text` names the list for people, for good: lists may be deleted.
    """

    source: str = ""
    source_id: int | None = None
    text: str = ""


BY_HAND = Cause()
