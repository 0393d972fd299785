"""What can go wrong with boxes and stock; `str()` is a sentence for a person."""

from collections.abc import Sequence

from core.errors import ConflictError, RefusedInputError
from stock.limits import MAX_QUANTITY

# So many parts or places are named.
_NAMED = 2


class NoSuchLocationError(RefusedInputError):
    """There is no such place. Not a 404: the place is named by the input, not by the address."""

    code = "no_such_location"

    def __init__(self, box_no: int, loc_no: int, capacity: int | None) -> None:
        sentence = (
            f"There is no box {box_no}."
            if capacity is None
            else f"There is no place {box_no}-{loc_no}: box {box_no} has {capacity}."
        )
        super().__init__(sentence, {"loc_no": [sentence]})


class SamePlaceError(RefusedInputError):
    """A move from a place to itself."""

    code = "same_place"

    def __init__(self, place: str) -> None:
        super().__init__(f"The pieces are in {place} already.")


class InsufficientStockError(ConflictError):
    """Fewer pieces lie there than are to be taken."""

    code = "insufficient_stock"

    def __init__(self, key: str, place: str, *, there: int, wanted: int) -> None:
        pieces = "is 1 piece" if there == 1 else f"are {there} pieces"
        super().__init__(f"There {pieces} of {key} in {place}, not {wanted}.")


class QuantityTooLargeError(ConflictError):
    """The sum would pass the limit."""

    code = "quantity_too_large"

    def __init__(self) -> None:
        super().__init__(f"More than {MAX_QUANTITY:,} pieces cannot be kept in one place.")


class LocationInUseError(ConflictError):
    """Places that are to go hold stock. `held` are the texts "7-12 holds ABCD" of the first, `total` counts all."""

    code = "location_in_use"

    def __init__(self, box_no: int, capacity: int, held: Sequence[str], total: int) -> None:
        places = "1 place" if capacity == 1 else f"{capacity} places"
        super().__init__(f"Cannot shrink box {box_no} to {places}: {_listed(held, total)}.")


class BoxInUseError(ConflictError):
    """The box holds stock. `keys` are those of the first parts, `total` counts all."""

    code = "box_in_use"

    def __init__(self, box_no: int, keys: Sequence[str], total: int) -> None:
        super().__init__(f"Cannot delete box {box_no}: it holds {_listed(keys, total)}.")


class DuplicateBoxError(ConflictError):
    """Another box has the number."""

    code = "duplicate_box"

    def __init__(self, box_no: int) -> None:
        super().__init__(f"A box with the number {box_no} exists already.")


class AlreadyReversedError(ConflictError):
    """The movement was taken back before."""

    code = "already_reversed"

    def __init__(self, reversal_id: int) -> None:
        super().__init__(f"This was taken back already, by movement {reversal_id}.")


class IsReversalError(ConflictError):
    """The movement takes another one back."""

    code = "is_reversal"

    def __init__(self) -> None:
        super().__init__("A reversal cannot be reversed; enter it anew.")


class NotByHandError(ConflictError):
    """A row of another table stands on the movement; whoever owns that row undoes both."""

    code = "not_by_hand"

    def __init__(self, cause: str) -> None:
        super().__init__(f"This came from {cause}; undo it there.")


class LocationGoneError(ConflictError):
    """The place does not exist any more."""

    code = "location_gone"

    def __init__(self, place: str) -> None:
        super().__init__(f"The place {place} does not exist any more.")


def _listed(texts: Sequence[str], total: int) -> str:
    named = texts if total <= len(texts) else texts[:_NAMED]
    others = total - len(named)
    if not others:
        return ", ".join(named)
    return f"{', '.join(named)}, and {others} {'other' if others == 1 else 'others'}"
