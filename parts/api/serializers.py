"""JSON in and out of parts and types."""

from typing import Any, ClassVar

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attachments.content_urls import cover_url
from core.api.changes import ChangeSerializer
from core.api.fields import ListField, NumberField, TextField
from core.validators import single_line
from parts import extras
from parts.models import Part, PartType, Tag

NOTHING: dict[str, Any] = {"type": "array", "items": {}, "maxItems": 0}


class PartKitSerializer(serializers.Serializer[Any]):
    """A kit as a part that it uses sees it. The kits fill this in."""

    kit_id = serializers.IntegerField()
    kit_name = serializers.CharField()
    status = serializers.ChoiceField(["active", "archived"])
    build_target = serializers.IntegerField()
    required_per_unit = serializers.IntegerField()
    reserved_quantity = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class PartPlaceSerializer(serializers.Serializer[Any]):
    """Where pieces of a part lie. The stock fills this in."""

    box_no = serializers.IntegerField()
    loc_no = serializers.IntegerField()
    qty = serializers.IntegerField()


class PartRowSerializer(serializers.ModelSerializer[Part]):
    """A part in a list."""

    type_id = serializers.IntegerField(read_only=True, allow_null=True)
    tags: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    total_quantity = serializers.IntegerField(read_only=True)
    minimum_quantity = serializers.IntegerField(read_only=True, allow_null=True)
    cover_url = serializers.SerializerMethodField()
    attachment_set_id = serializers.IntegerField(read_only=True)
    attachment_count = serializers.IntegerField(read_only=True)
    locations = serializers.SerializerMethodField()
    seller_links = serializers.SerializerMethodField()
    kits = serializers.SerializerMethodField()
    shopping_lists = serializers.SerializerMethodField()

    class Meta:
        model = Part
        fields: tuple[str, ...] = (
            "key",
            "description",
            "manufacturer_code",
            "manufacturer",
            "type_id",
            "tags",
            "package",
            "pin_pitch",
            "mounting_type",
            "voltage_rating",
            "input_voltage",
            "output_voltage",
            "pin_count",
            "series",
            "dimensions",
            "created_at",
            "updated_at",
            "total_quantity",
            "minimum_quantity",
            "cover_url",
            "attachment_set_id",
            "attachment_count",
            "locations",
            "seller_links",
            "kits",
            "shopping_lists",
        )
        read_only_fields = fields

    def get_cover_url(self, part: Part) -> str | None:
        """A thumbnail's address, or null."""
        return cover_url(part.attachment_set.cover_attachment)

    @extend_schema_field(PartPlaceSerializer(many=True, allow_null=True))
    def get_locations(self, part: Part) -> None:
        """Null unless included in a list, see `parts.api.rows`."""
        return

    @extend_schema_field(NOTHING)
    def get_seller_links(self, part: Part) -> list[Any]:
        """There are no sellers yet."""
        return []

    @extend_schema_field(PartKitSerializer(many=True, allow_null=True))
    def get_kits(self, part: Part) -> None:
        """Null unless included in a list, see `parts.api.rows`."""
        return

    @extend_schema_field({"type": "null"})
    def get_shopping_lists(self, part: Part) -> None:
        """There are no shopping lists yet."""
        return


class PartTypeSerializer(serializers.ModelSerializer[PartType]):
    """A type."""

    class Meta:
        model = PartType
        fields: tuple[str, ...] = ("id", "name", "created_at", "updated_at")
        read_only_fields = fields


class PartTypeRowSerializer(PartTypeSerializer):
    """A type in a list; with `part_count` when the list was asked for it."""

    part_count = serializers.IntegerField(required=False)

    class Meta(PartTypeSerializer.Meta):
        fields = (*PartTypeSerializer.Meta.fields, "part_count")


class PartTypeInput(serializers.Serializer[Any]):
    """What a client may set. That the name is unique, the service sees to (409)."""

    example: ClassVar = {"name": "Timer"}

    name = TextField(max_length=PartType._meta.get_field("name").max_length, validators=[single_line])


class PartSerializer(PartRowSerializer):
    """One part, whole."""

    # For the schema: `parts.api.whole` makes the JSON.

    type = PartTypeSerializer(read_only=True, allow_null=True)
    used_in_kits = serializers.BooleanField(
        read_only=True, help_text="Whether any kit takes it, archived ones included."
    )

    class Meta(PartRowSerializer.Meta):
        fields = (
            "id",
            *PartRowSerializer.Meta.fields,
            "type",
            "product_page",
            "used_in_kits",
        )
        read_only_fields = fields


class PartInput(ChangeSerializer, serializers.ModelSerializer[Part]):
    """What a client may set. Blank text is stored as null; absent fields stay as they are."""

    example: ClassVar = {
        "description": "Precision timer",
        "manufacturer_code": "NE555P",
        "package": "DIP-8",
        "tags": ["analog"],
    }
    left_by_null = ("description",)

    type_id = serializers.PrimaryKeyRelatedField(
        source="type",
        queryset=PartType.objects.all(),
        pk_field=NumberField(),
        required=False,
        allow_null=True,
        error_messages={"does_not_exist": "There is no such type."},
    )
    tags = ListField(
        child=TextField(max_length=Tag._meta.get_field("name").max_length, validators=[single_line]),
        required=False,
        allow_null=True,
        max_length=100,
    )

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.PositiveIntegerField: NumberField,
    }

    class Meta:
        model = Part
        fields = (
            "description",
            "manufacturer_code",
            "type_id",
            "tags",
            "manufacturer",
            "product_page",
            "package",
            "pin_count",
            "pin_pitch",
            "voltage_rating",
            "input_voltage",
            "output_voltage",
            "mounting_type",
            "series",
            "dimensions",
        )
        # The table refuses zero too, but could not say which field is at fault.
        extra_kwargs = {"pin_count": {"min_value": 1, "max_value": 2**31 - 1}}

    def get_fields(self) -> dict[str, Any]:
        """With those that apps above keep."""
        return {**super().get_fields(), **extras.input_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Blank becomes null, but a description is needed; null tags are none."""
        if "tags" in attrs:
            attrs["tags"] = attrs["tags"] or []
        return {name: None if value == "" else value for name, value in attrs.items()}
