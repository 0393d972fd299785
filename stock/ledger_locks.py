"""The order in which rows of the ledger are locked when they lose a part or a place."""

from django.db.models import Q

from stock.models import Movement


def lock_movements(which: Q) -> None:
    """Lock rows of the ledger by ascending pk.

    A part and a box that are deleted at the same moment both blank a column of the movements between them; in two
    orders they would wait for each other for ever.
    """
    rows = Movement.objects.select_for_update(of=("self",), no_key=True).filter(which).order_by("pk")
    for _ in rows.values_list("pk", flat=True).iterator():
        pass
