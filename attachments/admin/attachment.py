"""All attachments in one list, whoever owns them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from attachments import services
from attachments.admin.copying import copy_view, owners_view
from attachments.content_urls import links_of, target_of
from attachments.models import Attachment, AttachmentSet, owner_accessor, owner_models
from core import search
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.options import HistoryOptions
from core.admin.service_errors import ServiceErrorsMixin
from core.admin.urls import admin_url
from core.history.models import HistoryEntry
from core.numbers import whole_number
from core.sizes import human_size


@admin.register(Attachment)
class AttachmentAdmin(HistoryOptions, ServiceErrorsMixin, CappedListAdmin):
    """Browse, rename and delete. New ones are added on the owner's page."""

    services_record = True
    verbs_of_form = ("attachment_renamed", "attachment_changed")

    list_display = ("preview", "title", "owner", "kind", "size", "created_at")
    list_display_links = ("title",)
    list_filter = ("kind", "attachment_type", "created_at")
    search_fields = ("title",)
    search_help_text = "Title, file name, address, or the beginning of a SHA-256"
    readonly_fields = (
        "large_preview",
        "owner",
        "attachment_type",
        "url",
        "filename",
        "content_type",
        "size",
        "blob",
        "created_at",
        "updated_at",
    )
    fields = ("title", "kind", *readonly_fields)
    ordering = ("-id",)

    class Media:
        css = {"all": ["attachments/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attachment]:
        """With the owners, whatever kinds there are, in the same query."""
        owners = (f"attachment_set__{owner_accessor(model)}" for model in owner_models())
        rows: QuerySet[Attachment] = super().get_queryset(request)
        return rows.select_related("attachment_set", *owners)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the attachment's own text."""
        return search.find_belongings(queryset, search_term[:LONGEST_QUERY]), False

    def get_urls(self) -> list[Any]:
        """With the search for owners, and the page on which attachments are copied."""
        view = self.admin_site.admin_view
        return [
            path("owners/", view(owners_view), name="attachments_attachment_owners"),
            path("copy/", view(copy_view), name="attachments_attachment_copy"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An attachment is added where it belongs."""
        return False

    def history_of(self, row: Attachment) -> QuerySet[HistoryEntry]:
        """What was done to it; it stands in the history of its owner."""
        owner = row.attachment_set.owner or row.attachment_set
        return HistoryEntry.objects.of(owner).filter(parameters__attachment_id=row.pk)

    def changes_of_form(self, object_id: str) -> QuerySet[HistoryEntry]:
        """Other titles and kinds."""
        row = Attachment.objects.filter(pk=whole_number(object_id) or 0).first()
        if row is None:
            return HistoryEntry.objects.none()
        return self.history_of(row).filter(verb__in=self.verbs_of_form)

    @override
    def lock_for_form(self, row: Attachment) -> None:
        # Before the attachment, as everybody does (docs/protocol.md, R5).
        list(AttachmentSet.objects.locked().filter(pk=row.attachment_set_id).values_list("pk"))

    def save_model(self, request: HttpRequest, obj: Attachment, form: Any, change: bool) -> None:
        """The services change it: they lock what they must."""
        services.rename(set_id=obj.attachment_set_id, attachment_id=obj.pk, title=obj.title)
        services.choose_kind(set_id=obj.attachment_set_id, attachment_id=obj.pk, kind=obj.kind)

    @override
    def delete_model(self, request: HttpRequest, obj: Attachment) -> None:
        services.detach(set_id=obj.attachment_set_id, attachment_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Attachment]) -> None:
        """All of them or none, set by set in the order of the locks."""
        for set_id, attachment_id in queryset.order_by("attachment_set", "pk").values_list("attachment_set", "pk"):
            services.detach(set_id=set_id, attachment_id=attachment_id)

    @admin.display(description="")
    def preview(self, attachment: Attachment) -> SafeString:
        """A small preview, for the list."""
        return _picture(attachment, 56)

    @admin.display(description="Preview")
    def large_preview(self, attachment: Attachment) -> SafeString:
        """A large preview that links to the file."""
        url = target_of(attachment)
        if not url:
            return SafeString("–")
        return format_html(
            '<a href="{}" rel="noreferrer" aria-label="{}">{}</a>',
            url,
            f"Open {attachment.title}",
            _picture(attachment, 300),
        )

    @admin.display(description="Owner")
    def owner(self, attachment: Attachment) -> SafeString | str:
        """A link to the part or kit."""
        owner = attachment.attachment_set.owner
        if owner is None:
            return "nobody"
        return format_html('<a href="{}">{}</a>', admin_url(owner) or "", owner)

    @admin.display(description="Size", ordering="file_size")
    def size(self, attachment: Attachment) -> str:
        """The size in a unit that people read."""
        return "–" if attachment.file_size is None else human_size(attachment.file_size)


def _picture(attachment: Attachment, size: int) -> SafeString:
    url = links_of(attachment).preview_url
    if url is None:
        return SafeString('<span class="cover cover-none"></span>')
    return format_html('<img class="cover" src="{}" alt="" loading="lazy" width="{}" height="{}">', url, size, size)
