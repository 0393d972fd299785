"""JSON in and out of boxes, places and stock."""

from typing import Any, ClassVar

from rest_framework import serializers

from attachments.content_urls import cover_url
from core.api.fields import NumberField, TextField
from core.validators import single_line
from stock.limits import MAX_CAPACITY, MAX_QUANTITY
from stock.models import Box, Kind, Location, Movement, Stock


def quantity_field(**kwargs: Any) -> NumberField:
    """A number of pieces."""
    return NumberField(min_value=1, max_value=MAX_QUANTITY, **kwargs)


class LocationSerializer(serializers.Serializer[Location]):
    """A place."""

    box_no = serializers.IntegerField(source="box.number")
    loc_no = serializers.IntegerField(source="number")


class BoxFields(serializers.ModelSerializer[Box]):
    """What a box has in a list and by itself."""

    box_no = serializers.IntegerField(source="number")

    class Meta:
        model = Box
        fields: tuple[str, ...] = ("box_no", "description", "capacity", "created_at", "updated_at")
        read_only_fields = fields


class BoxSerializer(BoxFields):
    """A box with its places."""

    locations = LocationSerializer(many=True, read_only=True)

    class Meta(BoxFields.Meta):
        fields = (*BoxFields.Meta.fields, "locations")
        read_only_fields = fields


class BoxUsageSerializer(BoxFields):
    """A box in a list, with how full it is."""

    total_locations = serializers.IntegerField(source="capacity")
    occupied_locations = serializers.IntegerField(source="occupied")
    available_locations = serializers.SerializerMethodField()
    usage_percentage = serializers.SerializerMethodField()

    class Meta(BoxFields.Meta):
        fields = (
            *BoxFields.Meta.fields,
            "total_locations",
            "occupied_locations",
            "available_locations",
            "usage_percentage",
        )
        read_only_fields = fields

    def get_available_locations(self, box: Any) -> int:
        """How many are empty."""
        return int(box.capacity - box.occupied)

    def get_usage_percentage(self, box: Any) -> float:
        """From 0 to 100, with two decimals."""
        return float(round(100 * box.occupied / box.capacity, 2))


class BoxInput(serializers.Serializer[Any]):
    """What a client may set."""

    example: ClassVar = {"description": "Resistors", "capacity": 30}

    description = TextField(max_length=255, validators=[single_line])
    capacity = NumberField(min_value=1, max_value=MAX_CAPACITY)


class PartAssignmentSerializer(serializers.Serializer[Stock]):
    """A part that lies in a place."""

    key = serializers.CharField(source="part.key")
    qty = serializers.IntegerField(source="quantity")
    manufacturer_code = serializers.CharField(source="part.manufacturer_code", allow_null=True)
    description = serializers.CharField(source="part.description")
    cover_url = serializers.SerializerMethodField()

    def get_cover_url(self, stock: Stock) -> str | None:
        """A thumbnail's address, or null."""
        return cover_url(stock.part.attachment_set.cover_attachment)


class LocationWithPartsSerializer(LocationSerializer):
    """A place, and what lies there when the list was asked for it."""

    is_occupied = serializers.BooleanField(required=False)
    part_assignments = PartAssignmentSerializer(many=True, allow_null=True, required=False)


class PartLocationSerializer(serializers.Serializer[Any]):
    """So many pieces of a part in a place."""

    key = serializers.CharField()
    box_no = serializers.IntegerField()
    loc_no = serializers.IntegerField()
    qty = serializers.IntegerField()


class StockInput(serializers.Serializer[Any]):
    """How many pieces, and where."""

    example: ClassVar = {"box_no": 7, "loc_no": 3, "qty": 17}

    box_no = NumberField(min_value=1)
    loc_no = NumberField(min_value=1)
    qty = quantity_field()


class MoveInput(serializers.Serializer[Any]):
    """How many pieces, from where, and to where."""

    example: ClassVar = {"from_box_no": 7, "from_loc_no": 3, "to_box_no": 8, "to_loc_no": 1, "qty": 5}

    from_box_no = NumberField(min_value=1)
    from_loc_no = NumberField(min_value=1)
    to_box_no = NumberField(min_value=1)
    to_loc_no = NumberField(min_value=1)
    qty = quantity_field()


class MovementSerializer(serializers.ModelSerializer[Movement]):
    """A line of the ledger as a part sees it."""

    timestamp = serializers.DateTimeField(source="created_at")
    delta_qty = serializers.IntegerField(source="delta")
    location_reference = serializers.CharField(source="route")
    kind = serializers.ChoiceField(Kind.choices)
    user = serializers.CharField(source="user_name")
    source = serializers.CharField()  # type: ignore[assignment]  # (what a movement has, not where the field reads)
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True)

    class Meta:
        model = Movement
        fields = (
            "id",
            "timestamp",
            "delta_qty",
            "location_reference",
            "kind",
            "quantity",
            "user",
            "source",
            "source_id",
            "source_text",
            "note",
            "reverses",
        )
        read_only_fields = fields


class PlaceSerializer(serializers.Serializer[Any]):
    """A place by its numbers."""

    box_no = serializers.IntegerField()
    loc_no = serializers.IntegerField()
