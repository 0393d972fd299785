"""What happens to rows of the ledger that lose a part or a place, without anybody waiting for ever."""

from django.db.models import Case, F, Q, When

from stock.models import Movement


def lock_movements(which: Q) -> None:
    """Lock rows of the ledger by ascending pk.

    A part and a box that are deleted at the same moment both blank a column of the movements between them; in two
    orders they would wait for each other for ever.
    """
    rows = Movement.objects.select_for_update(of=("self",), no_key=True).filter(which).order_by("pk")
    for _ in rows.values_list("pk", flat=True).iterator():
        pass


def forget_places(locations: list[int]) -> None:
    """Blank the places in the ledger that are about to be deleted; their numbers stay.

    In one statement. Django would blank the two columns one after the other, and PostgreSQL checks all foreign keys of
    a row that a transaction writes twice: it would wait for the part, whose deletion may wait for this row.
    """
    which = Q(from_location__in=locations) | Q(to_location__in=locations)
    lock_movements(which)
    # By the base manager, as Django does when it blanks a foreign key.
    Movement._base_manager.filter(which).update(
        from_location=Case(When(from_location__in=locations, then=None), default=F("from_location")),
        to_location=Case(When(to_location__in=locations, then=None), default=F("to_location")),
    )
