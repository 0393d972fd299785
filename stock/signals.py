"""What holds however a part is deleted."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.signals import pre_delete

from parts.models import Part
from stock.ledger_locks import lock_movements

_LOCKED = "_locked_ledger"


def connect() -> None:
    """Connect the receivers."""
    pre_delete.connect(lock_ledger_of_part, sender=Part, dispatch_uid="stock_lock_ledger_of_part")


def lock_ledger_of_part(sender: type[Part], instance: Part, origin: Any, **kwargs: Any) -> None:
    """Lock the rows of the ledger that lose their part, in the order in which a box that goes locks its own."""
    if not (isinstance(origin, QuerySet) and origin.model is sender):
        lock_movements(Q(part=instance))
    elif _LOCKED not in origin.__dict__:
        # Of several parts all rows at once, before the first of them goes.
        origin.__dict__[_LOCKED] = True
        lock_movements(Q(part__in=origin.order_by().values("pk")))
