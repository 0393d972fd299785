"""JSON in and out of kits and their contents."""

from typing import Any, ClassVar

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from attachments.content_urls import cover_url
from core.api.changes import ChangeSerializer
from core.api.fields import NumberField, TextField
from core.validators import several_lines, single_line
from kits.availability import availability
from kits.models import Kit, KitContent
from parts.api.serializers import PartKitSerializer
from parts.models import Part

EMPTY: dict[str, Any] = {"type": "array", "items": {}, "maxItems": 0}
_NAME_LENGTH = 255
_LARGEST = 2**31 - 1


class KitRowSerializer(serializers.ModelSerializer[Kit]):
    """A kit in a list."""

    cover_url = serializers.SerializerMethodField()
    attachment_set_id = serializers.IntegerField(read_only=True)
    shopping_list_badge_count = serializers.SerializerMethodField()
    pick_list_badge_count = serializers.SerializerMethodField()

    class Meta:
        model = Kit
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "status",
            "build_target",
            "archived_at",
            "updated_at",
            "cover_url",
            "attachment_set_id",
            "shopping_list_badge_count",
            "pick_list_badge_count",
        )
        read_only_fields = fields

    def get_cover_url(self, kit: Kit) -> str | None:
        """A thumbnail's address, or null."""
        return cover_url(kit.attachment_set.cover_attachment)

    def get_shopping_list_badge_count(self, kit: Kit) -> int:
        """There are no shopping lists yet."""
        return 0

    def get_pick_list_badge_count(self, kit: Kit) -> int:
        """There are no pick lists yet."""
        return 0


class KitPartSerializer(serializers.ModelSerializer[Part]):
    """The part of a content row."""

    cover_url = serializers.SerializerMethodField()

    class Meta:
        model = Part
        fields = ("key", "description", "manufacturer_code", "cover_url")

    def get_cover_url(self, part: Part) -> str | None:
        """A thumbnail's address, or null."""
        return cover_url(part.attachment_set.cover_attachment)


class KitContentListSerializer(serializers.ListSerializer[Any]):
    """Rows of one kit, whose numbers are looked up together."""

    def to_representation(self, data: Any) -> list[Any]:
        """With the numbers."""
        rows: list[KitContent] = list(data.all() if isinstance(data, models.Manager) else data)
        with_availability(rows)
        child: Any = self.child
        return [child.to_representation(row) for row in rows]


class KitContentSerializer(serializers.ModelSerializer[KitContent]):
    """What the kit takes of one part, and whether there is enough of it."""

    kit_id = serializers.IntegerField(read_only=True)
    part_id = serializers.IntegerField(read_only=True)
    part = KitPartSerializer(read_only=True)
    total_required = serializers.IntegerField(source="availability.total_required")
    in_stock = serializers.IntegerField(source="availability.in_stock")
    reserved = serializers.IntegerField(source="availability.reserved")
    available = serializers.IntegerField(source="availability.available")
    shortfall = serializers.IntegerField(source="availability.shortfall")
    active_reservations = PartKitSerializer(source="availability.reservations", many=True)

    class Meta:
        model = KitContent
        list_serializer_class = KitContentListSerializer
        fields = (
            "id",
            "kit_id",
            "part_id",
            "part",
            "required_per_unit",
            "total_required",
            "note",
            "version",
            "in_stock",
            "reserved",
            "available",
            "shortfall",
            "active_reservations",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def to_representation(self, content: KitContent) -> dict[str, Any]:
        """With the numbers, which are looked up unless that was done for all rows together."""
        if not hasattr(content, "availability"):
            with_availability([content])
        return super().to_representation(content)


def with_availability(contents: list[KitContent]) -> None:
    """Give each of these rows of one kit its `availability`."""
    if contents:
        found = availability(contents[0].kit, contents)
        for content in contents:
            content.availability = found[content.pk]  # type: ignore[attr-defined]


class KitSerializer(KitRowSerializer):
    """One kit, whole."""

    contents = KitContentSerializer(many=True, read_only=True)
    pick_lists = serializers.SerializerMethodField()
    shopping_list_links = serializers.SerializerMethodField(method_name="get_pick_lists")

    class Meta(KitRowSerializer.Meta):
        fields = (
            *KitRowSerializer.Meta.fields,
            "created_at",
            "contents",
            "pick_lists",
            "shopping_list_links",
        )
        read_only_fields = fields

    @extend_schema_field(EMPTY)
    def get_pick_lists(self, kit: Kit) -> list[Any]:
        """The feature does not exist yet."""
        return []


class KitInput(ChangeSerializer):
    """What a client may set. Blank text is stored as null."""

    example: ClassVar = {"name": "Blinker", "description": "Two LEDs in turns", "build_target": 5}
    left_by_null = ("name", "build_target")

    name = TextField(max_length=_NAME_LENGTH, validators=[single_line])
    description = TextField(
        max_length=10_000, required=False, allow_null=True, allow_blank=True, validators=[several_lines]
    )
    build_target = NumberField(min_value=0, max_value=_LARGEST, default=1)

    def validate_description(self, text: str | None) -> str | None:
        """Blank becomes null."""
        return text or None


class _ContentFields(serializers.Serializer[Any]):
    required_per_unit = NumberField(min_value=1, max_value=_LARGEST, required=False)
    note = TextField(max_length=2000, required=False, allow_null=True, allow_blank=True, validators=[several_lines])

    def validate_note(self, text: str | None) -> str | None:
        """Blank becomes null."""
        return text or None


class ReservationsSerializer(serializers.Serializer[Any]):
    """What kits reserve of a part."""

    part_id = serializers.IntegerField()
    part_key = serializers.CharField()
    part_description = serializers.CharField()
    total_reserved = serializers.IntegerField()
    active_reservations = PartKitSerializer(many=True)


class NewContentInput(_ContentFields):
    """A part by its number or its key, and how many."""

    example: ClassVar = {"part_key": "ABCD", "required_per_unit": 2, "note": "R1, R2"}

    # For the schema.
    exactly_one_of = ("part_id", "part_key")

    part_id = NumberField(required=False)
    part_key = TextField(required=False)

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        part_id, part_key = attrs.pop("part_id", None), attrs.pop("part_key", None)
        if (part_id is None) == (part_key is None):
            raise serializers.ValidationError("Exactly one of part_id and part_key is needed.")
        parts = Part.objects.filter(pk=part_id) if part_key is None else Part.objects.filter(key=part_key)
        attrs["part"] = parts.first()
        if attrs["part"] is None:
            name = "part_id" if part_key is None else "part_key"
            raise serializers.ValidationError({name: ["There is no such part."]})
        return attrs


class ContentInput(_ContentFields, ChangeSerializer):
    """A change of a row that the client has seen in this version."""

    example: ClassVar = {"version": 1, "required_per_unit": 3}

    # For the schema: the version is needed, also in a PATCH.
    whole_in_patch = True
    left_by_null = ("required_per_unit",)

    version = NumberField(min_value=1)
