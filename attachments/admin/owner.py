"""What the admin of every attachment owner inherits: the panel, the cover in the list, an honest delete page."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from attachments.admin.panel import AttachmentPanel, Permissions
from attachments.links import cover_url
from attachments.models import Attachment, AttachmentOwner
from cas.errors import InventoryError

_LISTED_ON_DELETE = 200


class OwnerForm(forms.ModelForm[AttachmentOwner]):
    """The owner's fields, and the panel of its attachments beside them."""

    permissions = Permissions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound = {"data": self.data, "files": self.files} if self.is_bound else {}
        self.panel = AttachmentPanel(self.instance, self.permissions, **bound)

    def is_multipart(self) -> bool:
        """The panel takes files."""
        return True

    def is_valid(self) -> bool:
        """Both must be."""
        valid = super().is_valid()
        if self.panel.is_valid():
            return valid
        for faults in self.panel.errors.values():
            self.add_error(None, ValidationError(list(faults)))
        return False


class AttachmentOwnerAdmin(admin.ModelAdmin[Any]):
    """Inherit for the admin of a model that inherits AttachmentOwner."""

    form = OwnerForm
    change_form_template = "admin/attachments/owner_change_form.html"

    class Media:
        css = {"all": ["attachments/admin.css"]}

    @admin.display(description="")
    def cover(self, owner: AttachmentOwner) -> SafeString:
        """The cover in a list, as a link to the owner."""
        address = cover_url(owner.attachment_set.cover_attachment)
        if address is None:
            return SafeString('<span class="cover cover-none" title="No picture"></span>')
        return format_html('<img class="cover" src="{}" alt="" loading="lazy" width="56" height="56">', address)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class, knowing what this person may do with attachments."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        editable = self.has_change_permission(request, obj) if change else self.has_add_permission(request)
        form.permissions = Permissions.of(request.user) if editable else Permissions()
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rest of the page; the attachments follow once the owner is committed.

        Django's admin wraps its POST in one transaction, but one file is one transaction: two files in one would
        deadlock against a third upload, and a refused file must not take the typed form with it.
        """
        super().save_related(request, form, formsets, change)
        set_id = form.instance.attachment_set_id
        for step in form.panel.steps():
            transaction.on_commit(partial(_run, request, step, set_id))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """With the attachments that go too, and their permission: stock admin does not see them."""
        owners = list(objs)
        deleted, counts, needed, protected = super().get_deleted_objects(owners, request)
        sets = [owner.attachment_set_id for owner in owners]
        attachments = Attachment.objects.filter(attachment_set__in=sets).order_by("attachment_set", "position", "id")
        total = attachments.count()
        if total:
            rows: list[Any] = [_linked(attachment) for attachment in attachments[:_LISTED_ON_DELETE]]
            if total > _LISTED_ON_DELETE:
                rows.append(f"and {total - _LISTED_ON_DELETE} more")
            deleted = [*deleted, "Attachments", rows]  # type: ignore[list-item]
            counts[str(Attachment._meta.verbose_name_plural)] = total
            if not request.user.has_perm("attachments.delete_attachment"):
                needed.add(str(Attachment._meta.verbose_name))
        return deleted, counts, needed, protected


def _run(request: HttpRequest, step: Any, set_id: int) -> None:
    try:
        added = step.run(set_id)
    except InventoryError as error:
        messages.error(request, f"“{step.what}”: {error}")
    except ValidationError as error:
        messages.error(request, f"“{step.what}”: {' '.join(error.messages)}")
    else:
        messages.success(request, step.done)
        if notice := getattr(added, "notice", None):
            messages.warning(request, f"“{step.what}”: {notice}")


def _linked(attachment: Attachment) -> SafeString:
    address = reverse("admin:attachments_attachment_change", args=[attachment.pk])
    return format_html(
        'Attachment: <a href="{}">{}</a> ({})', address, attachment.title, attachment.get_attachment_type_display()
    )


def admin_address(row: models.Model) -> str | None:
    """Where the admin shows a row, or None when it does not."""
    if not admin.site.is_registered(type(row)):
        return None
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
