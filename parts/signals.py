"""What holds however a row is deleted."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import pre_delete

from core import search
from parts.models import Part, Tag


def connect() -> None:
    """Connect the receivers."""
    search.connect(Part)
    pre_delete.connect(lose_tag, sender=Tag, dispatch_uid="lose_tag")


def lose_tag(instance: Tag, using: str, **kwargs: Any) -> None:
    """Parts that had the tag are not found by it any more."""
    ids = list(instance.parts.order_by("pk").values_list("pk", flat=True))
    transaction.on_commit(partial(search.reindex, Part, ids), using=using)
