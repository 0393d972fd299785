"""Parts, types and tags in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest

from attachments.admin import AttachmentOwnerAdmin
from attachments.models import Attachment
from parts.models import Part, PartType, Tag


class HasPictureFilter(admin.SimpleListFilter):
    """With or without a cover."""

    title = "picture"
    parameter_name = "picture"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a picture"), ("no", "Without a picture")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Part]) -> QuerySet[Part]:
        if self.value() is None:
            return queryset
        return queryset.filter(attachment_set__cover_attachment__isnull=self.value() == "no")


class HasDatasheetFilter(admin.SimpleListFilter):
    """With or without a PDF."""

    title = "datasheet"
    parameter_name = "datasheet"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a datasheet"), ("no", "Without a datasheet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Part]) -> QuerySet[Part]:
        if self.value() is None:
            return queryset
        pdfs = Attachment.objects.filter(attachment_set=OuterRef("attachment_set"), attachment_type="pdf")
        return queryset.filter(Exists(pdfs) if self.value() == "yes" else ~Exists(pdfs))


@admin.register(Part)
class PartAdmin(AttachmentOwnerAdmin):
    """Parts with their attachments."""

    list_display = ("cover", "key", "manufacturer_code", "summary", "type", "tag_names", "files")
    list_display_links = ("cover", "key")
    list_filter = ("type", HasPictureFilter, HasDatasheetFilter, "tags", "created_at")
    search_fields = ("key", "manufacturer_code", "description", "manufacturer", "tags__name", "type__name")
    search_help_text = "Key, manufacturer code, description, manufacturer, tag or type"
    autocomplete_fields = ("type", "tags")
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}
    readonly_fields = ("key", "created_at", "updated_at")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (
            None,
            {"fields": (("key", "type"), "description", ("manufacturer", "manufacturer_code"), "tags", "product_page")},
        ),
        (
            "Properties",
            {
                "classes": ("collapse",),
                "fields": (
                    ("package", "mounting_type"),
                    ("pin_count", "pin_pitch"),
                    ("voltage_rating", "input_voltage", "output_voltage"),
                    ("series", "dimensions"),
                ),
            },
        ),
        ("History", {"classes": ("collapse",), "fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Part]:
        """With all that a row shows, in a constant number of queries."""
        return Part.objects.for_list()

    @admin.display(description="Description", ordering="description")
    def summary(self, part: Part) -> str:
        """The beginning of the description."""
        return part.description if len(part.description) <= 80 else f"{part.description[:79]}…"

    @admin.display(description="Tags")
    def tag_names(self, part: Part) -> str:
        """By name."""
        return ", ".join(tag.name for tag in part.tags.all())

    @admin.display(description="Files", ordering="attachment_count")
    def files(self, part: Any) -> int:
        """How many."""
        return int(part.attachment_count)


@admin.register(PartType)
class PartTypeAdmin(admin.ModelAdmin[PartType]):
    """Part types."""

    list_display = ("name", "part_total")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartType]:
        """With the number of parts."""
        return PartType.objects.with_part_count()

    @admin.display(description="Parts", ordering="part_count")
    def part_total(self, part_type: Any) -> int:
        """How many have it."""
        return int(part_type.part_count)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    """Tags."""

    list_display = ("name", "part_total")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        """With the number of parts."""
        return super().get_queryset(request).annotate(part_count=Count("parts"))

    @admin.display(description="Parts", ordering="part_count")
    def part_total(self, tag: Any) -> int:
        """How many have it."""
        return int(tag.part_count)
