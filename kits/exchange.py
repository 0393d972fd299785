"""A table of what kits contain."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from typing_extensions import override

from core.exchange import Number, ServiceResource
from kits import services
from kits.models import Kit, KitContent
from parts.exchange import part_of


class KitContentResource(ServiceResource):
    """A row says how many of a part one kit takes."""

    kit = Field("kit__name", "kit")
    part = Field("part__key", "part")
    required_per_unit = Field("required_per_unit", "required_per_unit", Number())

    class Meta:
        model = KitContent
        fields = export_order = ("kit", "part", "required_per_unit", "note")
        import_id_fields = ("kit", "part")
        skip_unchanged = True
        report_skipped = True

    @override
    def needed(self) -> tuple[str, ...]:
        return ("kit", "part", "required_per_unit")

    @override
    def get_queryset(self) -> Any:
        return KitContent.objects.select_related("kit", "part").order_by("kit__name", "part__key")

    @override
    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        return self.get_queryset().filter(kit=_kit(row), part=part_of(row)).first()

    @override
    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if instance.pk is None:
            instance.kit, instance.part = _kit(row), part_of(row)
        number = Number().clean(row.get("required_per_unit"))
        if number is None:
            raise ValidationError({"required_per_unit": ["Say how many one kit takes."]})
        instance.required_per_unit = number
        if "note" in row:
            instance.note = str(row["note"] or "") or None

    @override
    def save(self, instance: Any, *, is_new: bool, row: Any, by: Any) -> None:
        fields = {"required_per_unit": instance.required_per_unit, "note": instance.note}
        if is_new:
            instance.pk = services.add_content(instance.kit_id, part=instance.part, **fields).pk
        else:
            services.change_content(instance.kit_id, instance.pk, version=instance.version, **fields)


def _kit(row: Any) -> Kit:
    name = str(row.get("kit") or "")[:255]
    kit = Kit.objects.filter(name=name).first()
    if kit is None:
        raise ValidationError(f"There is no kit {name}." if name else "The row names no kit.")
    return kit
