"""Of how many pieces and fewer the stock of a part is low."""

from django.db import transaction

from parts.models import Part
from stock.models import Minimum
from stock.services.ledger import lock_part
from stock.services.numbers import check_quantity


def set_minimum(part: Part, quantity: int | None) -> int | None:
    """Set the minimum of the part, None for none, and return the one of before.

    Raises ValidationError, NotFoundError when the part is gone.
    """
    if quantity is not None:
        check_quantity(quantity, "minimum_quantity")
    with transaction.atomic():
        locked = lock_part(part.pk)
        before = Minimum.objects.filter(part=locked).values_list("quantity", flat=True).first()
        if quantity is None:
            Minimum.objects.filter(part=locked).delete()
        elif quantity != before:
            Minimum.objects.update_or_create(part=locked, defaults={"quantity": quantity})
        return before
