"""Parts, part types and tags."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator, URLValidator
from django.db import IntegrityError, models, transaction

from attachments.models import AttachmentOwner
from core.validators import several_lines, single_line
from parts import keys
from parts.errors import NoFreeKeyError
from parts.querysets import PartQuerySet, PartTypeQuerySet, TagQuerySet


class PartType(models.Model):
    """What sort of thing a part is, such as "Resistor"."""

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[single_line],
        error_messages={"unique": "A type with this name already exists."},
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PartTypeQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word to find parts by."""

    name = models.CharField(max_length=50, unique=True, validators=[single_line])

    objects = TagQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


def _text(label: str, length: int = 100) -> "models.CharField[str | None, str | None]":
    return models.CharField(label, max_length=length, null=True, blank=True, validators=[single_line])


class Part(AttachmentOwner):
    """A kind of component, under a key of four letters that is drawn when it is first saved."""

    key = models.CharField(
        max_length=keys.LENGTH,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^[A-Z]{4}\Z", "A key is four upper-case letters.")],
    )
    manufacturer_code = _text("manufacturer code", 255)
    type = models.ForeignKey(PartType, on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    description = models.TextField(max_length=10_000, validators=[several_lines])
    tags = models.ManyToManyField(Tag, blank=True, related_name="parts")
    manufacturer = _text("manufacturer", 255)
    product_page = models.CharField(
        max_length=2000,
        null=True,
        blank=True,
        validators=[single_line, URLValidator(schemes=["http", "https"])],
    )
    package = _text("package")
    pin_count = models.PositiveIntegerField(null=True, blank=True)
    pin_pitch = _text("pin pitch")
    voltage_rating = _text("voltage rating")
    input_voltage = _text("input voltage")
    output_voltage = _text("output voltage")
    mounting_type = _text("mounting type")
    series = _text("series")
    dimensions = _text("dimensions")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(pin_count__gt=0),
                name="part_pin_count_positive",
                violation_error_message="A part has at least one pin, or leave the count empty.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.manufacturer_code or self.description[:60]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, drawing a key for a new part.

        Raises NoFreeKeyError when all keys are in use.
        """
        if self.key:
            super().save(*args, **kwargs)
            return
        # Mostly it is free; if not, the database says so.
        key: str | None = keys.at_random()
        while key is not None:
            self.key = key
            try:
                with transaction.atomic():
                    super().save(*args, **kwargs)
            except BaseException as error:
                self.key = ""
                # Anything but a key that is in use is the caller's to know.
                if not isinstance(error, IntegrityError) or not self._taken({key}):
                    raise
                key = keys.draw(self._taken, Part.objects.count)
            else:
                return
        raise NoFreeKeyError

    def clean_fields(self, exclude: Any = None) -> None:
        """Validate all but an empty key, which `save()` draws."""
        super().clean_fields(exclude={*(exclude or ()), *(() if self.key else ("key",))})

    @staticmethod
    def _taken(candidates: set[str]) -> set[str]:
        return set(Part.objects.filter(key__in=candidates).values_list("key", flat=True))
