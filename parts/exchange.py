"""A table of parts."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from typing_extensions import override

from core.exchange import Number, Reference, ServiceResource
from parts import services
from parts.models import Part, PartType

_COLUMNS = (
    *("key", "description", "type", "manufacturer", "manufacturer_code", "tags", "product_page", "package"),
    *("pin_count", "pin_pitch", "voltage_rating", "input_voltage", "output_voltage", "mounting_type", "series"),
    "dimensions",
)


class PartResource(ServiceResource):
    """A row is a part; one without a key is a new one. Columns that a table does not have stay as they are."""

    type = Field("type", "type", Reference(PartType, "name", "type"))
    pin_count = Field("pin_count", "pin_count", Number())
    tags = Field(column_name="tags")

    class Meta:
        model = Part
        fields = export_order = _COLUMNS
        import_id_fields = ("key",)
        skip_unchanged = True
        report_skipped = True

    @override
    def needed(self) -> tuple[str, ...]:
        return ("key",)

    @override
    def get_queryset(self) -> Any:
        return Part.objects.select_related("type").prefetch_related("tags")

    def dehydrate_tags(self, part: Any) -> str:
        """By name, with commas."""
        return ", ".join(sorted(tag.name for tag in part.tags.all())) if part.pk else ""

    @override
    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        key = str(row.get("key") or "")[:50]
        if not key:
            return None
        part = self.get_queryset().filter(key=key.upper()).first()
        if part is None:
            raise ValidationError(f"There is no part {key}; leave the key blank for a new one.")
        return part

    @override
    def import_field(self, field: Any, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        if field.column_name not in {"key", "tags"}:
            super().import_field(field, instance, row, is_m2m, **kwargs)

    @override
    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        tags = _tags(row)
        same_tags = tags is None or (instance.pk and tags == {tag.name for tag in instance.tags.all()})
        return bool(same_tags) and bool(super().skip_row(instance, original, row, import_validation_errors))

    @override
    def save(self, instance: Any, *, is_new: bool, row: Any, by: Any) -> None:
        names = [name for name in _COLUMNS if name in row and name not in {"key", "tags"}]
        fields = {name: getattr(instance, name) or None for name in names}
        fields |= {"description": instance.description} if "description" in fields else {}
        tags = _tags(row)
        if is_new:
            made = services.create_part(tags=tags or (), **fields)
            instance.__dict__.update(made.__dict__)
        else:
            services.update_part(Part.objects.get(pk=instance.pk), tags=tags, **fields)


def _tags(row: Any) -> set[str] | None:
    """The names in the row; None when the table has no such column."""
    if "tags" not in row:
        return None
    return {name.strip() for name in str(row["tags"] or "").split(",") if name.strip()}


def part_of(row: Any) -> Part:
    """The part whose key is in the column `part` of another table. Raises ValidationError."""
    key = str(row.get("part") or "")[:50]
    part = Part.objects.filter(key=key.upper()).first()
    if part is None:
        raise ValidationError(f"There is no part {key}." if key else "The row names no part.")
    return part
