"""What lists of boxes, places, stock and movements need, in a constant number of queries."""

from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.apps import apps
from django.db import models
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from stock.models import Box, Location, Movement, Stock  # noqa: F401


class BoxQuerySet(models.QuerySet["Box"]):
    """Boxes."""

    def with_usage(self) -> Self:
        """Annotated with `occupied` (places with stock) and `pieces`."""
        rows = _stock().order_by().filter(location__box=models.OuterRef("pk")).values("location__box")
        occupied = rows.annotate(n=models.Count("location", distinct=True)).values("n")
        pieces = rows.annotate(n=models.Sum("quantity")).values("n")
        return self.annotate(
            occupied=Coalesce(models.Subquery(occupied, output_field=models.IntegerField()), 0),
            pieces=Coalesce(models.Subquery(pieces, output_field=models.BigIntegerField()), 0),
        )


class LocationQuerySet(models.QuerySet["Location"]):
    """Places."""

    def empty(self) -> Self:
        """Those without stock."""
        return self.filter(~models.Exists(_stock().filter(location=models.OuterRef("pk"))))


class StockQuerySet(models.QuerySet["Stock"]):
    """What lies where."""

    def by_place(self) -> Self:
        """With place and box, by their numbers."""
        return self.select_related("location__box").order_by("location__box__number", "location__number")


class MovementQuerySet(models.QuerySet["Movement"]):
    """The ledger. Whoever wants to change it is refused; rows that lose a part, a place or a user go another way."""

    def newest_first(self) -> Self:
        """By id."""
        return self.order_by("-pk")

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse with TypeError."""
        raise TypeError("Movements are never changed; reverse them.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse with TypeError."""
        raise TypeError("Movements are never changed; reverse them.")

    def delete(self) -> NoReturn:
        """Refuse with TypeError."""
        raise TypeError("Movements are never deleted; reverse them.")

    # As Django's own: not for templates, and not for a relation to call.
    delete.alters_data = update.alters_data = bulk_update.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


def pieces_of_part() -> Coalesce:
    """For a query of parts: how many pieces there are of each."""
    pieces = _stock().order_by().filter(part=models.OuterRef("pk")).values("part").annotate(n=models.Sum("quantity"))
    return Coalesce(models.Subquery(pieces.values("n"), output_field=models.BigIntegerField()), 0)


def _stock() -> models.QuerySet[Any]:
    """Every row. By name: the model's module imports this one."""
    return apps.get_model("stock", "Stock")._default_manager.all()
