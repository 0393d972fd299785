"""Tables of boxes and of stock."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from import_export.fields import Field
from typing_extensions import override

from core.exchange import Number, ServiceResource
from parts.exchange import part_of
from stock import services
from stock.models import Box, Location, Stock
from stock.services.numbers import check_quantity


class BoxResource(ServiceResource):
    """A row is a box; one without a number is a new one."""

    number = Field("number", "number", Number())
    capacity = Field("capacity", "capacity", Number())

    class Meta:
        model = Box
        fields = export_order = ("number", "description", "capacity")
        import_id_fields = ("number",)
        skip_unchanged = True
        report_skipped = True

    @override
    def needed(self) -> tuple[str, ...]:
        return ("number", "description", "capacity")

    @override
    def save(self, instance: Any, *, is_new: bool, row: Any, by: Any) -> None:
        fields = {"description": instance.description, "capacity": instance.capacity}
        if is_new:
            saved = services.create_box(number=instance.number, **fields)
        else:
            saved = services.change_box(instance.number, **fields)
        instance.pk, instance.number = saved.pk, saved.number


class StockResource(ServiceResource):
    """A row says how many pieces of a part were counted in a place; the difference is put in or taken out."""

    part = Field("part__key", "part")
    place = Field(column_name="place")
    quantity = Field("quantity", "quantity")

    note: ClassVar[str] = "counted, from a table"

    class Meta:
        model = Stock
        fields = export_order = ("part", "place", "quantity")
        import_id_fields = ("part", "place")
        report_skipped = True

    @override
    def needed(self) -> tuple[str, ...]:
        return ("part", "place", "quantity")

    def dehydrate_place(self, stock: Any) -> str:
        """Such as 7-3."""
        return str(stock.location) if stock.location_id else ""

    @override
    def get_queryset(self) -> Any:
        return Stock.objects.by_place().select_related("part")

    @override
    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        part, location = part_of(row), _location(row)
        return Stock.objects.select_related("part", "location__box").filter(part=part, location=location).first()

    @override
    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        number = check_quantity(Number().clean(row.get("quantity")), "quantity", lowest=0)
        if instance.pk is None:
            instance.part, instance.location = part_of(row), _location(row)
        instance.before = instance.quantity or 0
        instance.quantity = number

    @override
    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return not import_validation_errors and bool(instance.before == instance.quantity)

    @override
    def save(self, instance: Any, *, is_new: bool, row: Any, by: Any) -> None:
        location = instance.location
        services.count(
            part=instance.part,
            box_no=location.box.number,
            loc_no=location.number,
            quantity=instance.quantity,
            by=by,
            note=self.note,
        )


def _location(row: Any) -> Location:
    name = str(row.get("place") or "")[:50]
    numbers = [int(text) for text in name.split("-") if text.isascii() and text.isdigit() and len(text) < 10]
    if len(numbers) == 2:
        found = Location.objects.select_related("box").filter(box__number=numbers[0], number=numbers[1]).first()
        if found is not None:
            return found
    raise ValidationError(f"There is no place {name}." if name else "The row names no place.")
