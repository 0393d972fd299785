"""Lists of attachment owners: pictures, counts and filters in a constant number of queries."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, QuerySet
from django.http import HttpRequest
from typing_extensions import override

from attachments.content_urls import cover_url, links_of
from attachments.kinds import Kind
from attachments.models import Attachment
from core.admin.lists import CappedChangeList


class OwnerChangeList(CappedChangeList):
    """A list with pictures and counts."""

    @override
    def prepare(self, rows: list[Any]) -> list[Any]:
        sets = [owner.attachment_set_id for owner in rows]
        totals = dict(
            Attachment.objects.filter(attachment_set__in=sets)
            .order_by()
            .values_list("attachment_set")
            .annotate(total=Count("pk"))
        )
        for owner in rows:
            owner.attachment_total = totals.get(owner.attachment_set_id, 0)
        return add_pictures(rows)


def add_pictures(owners: list[Any]) -> list[Any]:
    """Give each owner `list_picture`: its cover, else the first page of its first document, else None. One query."""
    pictures = {owner.attachment_set_id: cover_url(owner.attachment_set.cover_attachment) for owner in owners}
    bare = [set_id for set_id, picture in pictures.items() if picture is None]
    documents = Attachment.objects.filter(attachment_set__in=bare, attachment_type=Attachment.Type.PDF)
    # Reverse order, so that the first document of a set overwrites the others.
    for document in documents.order_by("-position", "-id"):
        preview = links_of(document).preview_url
        pictures[document.attachment_set_id] = f"{preview}&thumbnail=150" if preview else None
    for owner in owners:
        owner.list_picture = pictures[owner.attachment_set_id]
    return owners


class PictureFilter(admin.SimpleListFilter):
    """Filters owners by whether they have a cover."""

    title = "picture"
    parameter_name = "picture"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a picture"), ("no", "Without a picture")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The owners that have one, or have none."""
        if self.value() is None:
            return queryset
        return queryset.filter(attachment_set__cover_attachment__isnull=self.value() == "no")


class DocumentFilter(admin.SimpleListFilter):
    """Filters owners by whether they have an attachment of the kind datasheet, or any attachment."""

    title = "datasheet"
    parameter_name = "datasheet"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a datasheet"), ("no", "Without a datasheet"), ("nothing", "Without any attachment")]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = Attachment.objects.of_outer_owner()
        match self.value():
            case "yes":
                return queryset.filter(Exists(rows.filter(kind=Kind.DATASHEET)))
            case "no":
                return queryset.filter(~Exists(rows.filter(kind=Kind.DATASHEET)))
            case "nothing":
                return queryset.filter(~Exists(rows))
        return queryset


class AddedFilter(admin.DateFieldListFilter):
    """Filters rows by the day on which they were added."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "added"
