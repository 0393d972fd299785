"""Boxes, places, what lies in them, and the ledger of every change."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.prepared import PreparedModel
from core.validators import several_lines, single_line
from parts.models import Part
from stock.limits import MAX_CAPACITY, MAX_QUANTITY
from stock.querysets import BoxQuerySet, LocationQuerySet, MovementQuerySet, StockQuerySet

_QUANTITY = (MinValueValidator(1), MaxValueValidator(MAX_QUANTITY))


class Box(models.Model):
    """A box with numbered places. Its number is written on it."""

    number = models.PositiveIntegerField(
        unique=True,
        validators=[MinValueValidator(1)],
        error_messages={"unique": "A box with this number exists already."},
    )
    description = models.CharField(max_length=255, validators=[single_line])
    capacity = models.PositiveIntegerField("places", validators=[MinValueValidator(1), MaxValueValidator(MAX_CAPACITY)])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = BoxQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "boxes"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="box_number_positive"),
            models.CheckConstraint(
                condition=models.Q(capacity__gte=1, capacity__lte=MAX_CAPACITY),
                name="box_capacity_in_range",
                violation_error_message=f"A box has 1 to {MAX_CAPACITY} places.",
            ),
        ]

    def __str__(self) -> str:
        return f"box {self.number}"


class Location(models.Model):
    """A place of a box. `str()` is what is written on it, such as 7-3; it needs the box."""

    box = models.ForeignKey(Box, on_delete=models.CASCADE, related_name="locations", db_index=False)
    number = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    objects = LocationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "number"], name="location_once_per_box"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="location_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.box.number}-{self.number}"


class Stock(PreparedModel):
    """So many pieces of a part in a place. Without a row there are none."""

    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="stock", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stock")
    quantity = models.PositiveIntegerField(validators=_QUANTITY)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StockQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stock"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["part", "location"], name="stock_once_per_place"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="stock_quantity_in_range"
            ),
        ]

    def __str__(self) -> str:
        pieces = "1 piece" if self.quantity == 1 else f"{self.quantity} pieces"
        return f"{pieces} in {self.location}"


class Minimum(models.Model):
    """Of how many pieces and fewer the stock of a part is low."""

    part = models.OneToOneField(Part, on_delete=models.CASCADE, related_name="minimum")
    quantity = models.PositiveIntegerField(validators=_QUANTITY)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="minimum_quantity_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"minimum {self.quantity}"


class Kind(models.TextChoices):
    """What happened."""

    ADD = "add", "added"
    RECEIVE = "receive", "received"
    RETURN = "return", "put back"
    OPENING = "opening", "opening balance"
    REMOVE = "remove", "removed"
    PICK = "pick", "picked"
    MOVE = "move", "moved"
    CORRECT = "correct", "took back"


class Source(models.TextChoices):
    """What caused it; blank when a person did it by hand."""

    SHOPPING_LIST = "shopping_list", "shopping list"
    PICK_LIST = "pick_list", "pick list"


def _number() -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(null=True, blank=True)


def _place() -> "models.ForeignKey[Location | None, Location | None]":
    return models.ForeignKey(Location, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")


_FROM = models.Q(from_box__isnull=False, from_loc__isnull=False)
_TO = models.Q(to_box__isnull=False, to_loc__isnull=False)
_NOT_FROM = models.Q(from_box__isnull=True, from_loc__isnull=True)
_NOT_TO = models.Q(to_box__isnull=True, to_loc__isnull=True)


class Movement(PreparedModel):
    """A row of the ledger: what went from where to where, when, by whom and why. Never changed and never deleted.

    The key of the part, the numbers of the places and the name of the person are copies, which stay when part, box
    or person are deleted.
    """

    kind = models.CharField(max_length=7, choices=Kind)
    quantity = models.PositiveIntegerField(validators=_QUANTITY)
    part = models.ForeignKey(
        Part, on_delete=models.SET_NULL, null=True, blank=True, related_name="movements", db_index=False
    )
    part_key = models.CharField(max_length=4)
    part_text = models.CharField(max_length=255)
    from_location = _place()
    from_box = _number()
    from_loc = _number()
    to_location = _place()
    to_box = _number()
    to_loc = _number()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    user_name = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=20, choices=Source, blank=True)
    source_id = models.BigIntegerField(null=True, blank=True)
    source_text = models.CharField(max_length=255, blank=True, validators=[single_line])
    note = models.CharField(max_length=500, blank=True, validators=[several_lines])
    created_at = models.DateTimeField(auto_now_add=True)

    # How many pieces lie in the place now: told once by the service that put them there, not stored.
    there: int | None = None

    objects = MovementQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("reverse_movement", "Can reverse movement")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="movement_quantity_in_range"
            ),
            models.CheckConstraint(condition=_FROM | _NOT_FROM, name="movement_from_both_numbers_or_none"),
            models.CheckConstraint(condition=_TO | _NOT_TO, name="movement_to_both_numbers_or_none"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["add", "receive", "return", "opening"]) & _NOT_FROM & _TO
                | models.Q(kind__in=["remove", "pick"]) & _FROM & _NOT_TO
                | models.Q(kind="move") & _FROM & _TO
                | models.Q(kind="correct") & (_FROM | _TO),
                name="movement_sides_fit_the_kind",
            ),
            models.CheckConstraint(
                condition=_NOT_FROM
                | _NOT_TO
                | ~models.Q(from_box=models.F("to_box"))
                | ~models.Q(from_loc=models.F("to_loc")),
                name="movement_sides_differ",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["correct", "return"], reverses__isnull=False)
                | ~models.Q(kind__in=["correct", "return"]) & models.Q(reverses__isnull=True),
                name="movement_reverses_fits_the_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["part", "id"], name="movement_part"),
            models.Index(fields=["created_at"], name="movement_created_at"),
            models.Index(fields=["source", "source_id"], name="movement_source"),
        ]

    def __str__(self) -> str:
        return f"movement {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new row. Raises TypeError for one that is stored."""
        if not self._state.adding:
            raise TypeError("A movement is never changed; reverse it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse with TypeError."""
        raise TypeError("A movement is never deleted; reverse it.")

    @property
    def from_place(self) -> str:
        """The place as it was called then, or nothing."""
        return "" if self.from_box is None else f"{self.from_box}-{self.from_loc}"

    @property
    def to_place(self) -> str:
        """The place as it was called then, or nothing."""
        return "" if self.to_box is None else f"{self.to_box}-{self.to_loc}"

    @property
    def route(self) -> str:
        """Both places, or the only one."""
        return " → ".join(place for place in (self.from_place, self.to_place) if place)

    @property
    def delta(self) -> int:
        """By how many pieces the total of the part changed."""
        if self.from_place and self.to_place:
            return 0
        return self.quantity if self.to_place else -self.quantity
