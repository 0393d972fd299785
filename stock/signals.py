"""What holds however a part is deleted."""

from typing import Any

from django.db.models import Q
from django.db.models.signals import pre_delete

from parts.models import Part
from stock.ledger_locks import lock_movements


def connect() -> None:
    """Connect the receivers."""
    pre_delete.connect(lock_ledger_of_part, sender=Part, dispatch_uid="stock_lock_ledger_of_part")


def lock_ledger_of_part(sender: type[Part], instance: Part, **kwargs: Any) -> None:
    """Lock the rows of the ledger that lose their part, in the order in which a box that goes locks its own."""
    lock_movements(Q(part=instance))
