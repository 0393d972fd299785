"""What the admin of every attachment owner inherits: the panel, the cover in the list, an honest delete page."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from attachments.admin.actions import copy_attachments, download_attachments
from attachments.admin.lists import OwnerChangeList
from attachments.admin.panel import AttachmentPanel, contents_url
from attachments.errors import AlreadyInSetError
from attachments.fetching.errors import CannotFetchError
from attachments.models import Attachment, AttachmentOwner
from attachments.permissions import Permissions
from core.admin.lists import CappedListAdmin
from core.admin.options import HistoryOptions
from core.admin.service_errors import ServiceErrorsMixin, error_text
from core.errors import InventoryError

_LISTED_ON_DELETE = 200


class OwnerForm(forms.ModelForm[AttachmentOwner]):
    """The owner's fields, and the panel of its attachments beside them."""

    permissions = Permissions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.panel = AttachmentPanel(self.instance, self.permissions, data=self.data, files=self.files)

    @override
    def is_multipart(self) -> bool:
        return True

    @override
    def is_valid(self) -> bool:
        valid = super().is_valid()
        if not self.panel.is_bound or self.panel.is_valid():
            return valid
        for faults in self.panel.errors.values():
            self.add_error(None, ValidationError(list(faults)))
        return False


_MODULE = Script("attachments/panel.js", type="module")


class AttachmentOwnerAdmin(HistoryOptions, ServiceErrorsMixin, CappedListAdmin):
    """Inherit for the admin of a model that inherits AttachmentOwner.

    Its `get_queryset` has to select `attachment_set__cover_attachment`, and its saving and deleting call the services.
    """

    form = OwnerForm
    services_record = True
    change_form_template = "admin/attachments/owner_change_form.html"
    delete_confirmation_template = "admin/attachments/owner_delete.html"
    delete_selected_confirmation_template = "admin/attachments/owner_delete_selected.html"
    actions: Sequence[Any] = (copy_attachments, download_attachments)

    class Media:
        css = {"all": ["attachments/admin.css"]}
        js = [_MODULE]

    @admin.display(description="")
    def cover(self, owner: AttachmentOwner) -> SafeString:
        """The cover in a list, or the first page of a document, as a link to the owner."""
        if owner.list_picture is None:
            picture = SafeString('<span class="cover cover-none"></span>')
        else:
            image = '<img class="cover" src="{}" alt="" loading="lazy" width="56" height="56">'
            picture = format_html(image, owner.list_picture)
        return format_html('{}<span class="visually-hidden">{}</span>', picture, owner)

    @admin.display(description="Files")
    def files(self, owner: AttachmentOwner) -> int:
        """The number of attachments."""
        return owner.attachment_total

    def has_attach_permission(self, request: HttpRequest) -> bool:
        """Whether the person may add attachments: for actions."""
        return request.user.has_perm("attachments.add_attachment")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list that knows the pictures and counts."""
        return OwnerChangeList

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class, knowing what this person may do with attachments."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        editable = self.has_change_permission(request, obj) if change else self.has_add_permission(request)
        form.permissions = _permissions(request, editable=editable)
        return form

    def get_urls(self) -> list[Any]:
        """With what the panel of one owner shows."""
        view = self.admin_site.admin_view(self.contents_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_attachments"
        return [path("<path:object_id>/attachments/", view, name=name), *super().get_urls()]

    def contents_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The attachments and what was removed, as on the owner's page: the script shows it after each change."""
        owner = self.get_object(request, unquote(object_id))
        if owner is None:
            raise Http404
        if not self.has_view_permission(request, owner):
            raise PermissionDenied
        permissions = _permissions(request, editable=self.has_change_permission(request, owner))
        context = {"panel": AttachmentPanel(owner, permissions)}
        return TemplateResponse(request, "admin/attachments/contents.html", context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rest of the page; the attachments follow once the owner is committed.

        Django's admin wraps its POST in one transaction, but one file is one transaction: two files in one would
        deadlock against a third upload, and a refused file must not take the typed form with it.
        """
        super().save_related(request, form, formsets, change)
        set_id = form.instance.attachment_set_id
        for step in form.panel.steps():
            transaction.on_commit(partial(_run, request, step, set_id))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """To the page's script, which sends its files next: where they go, and where the person goes after that.

        And where whoever may change the owner can do so: a file may fail, and something be typed meanwhile.
        """
        response = super().response_add(request, obj, post_url_continue)
        if not isinstance(response, HttpResponseRedirect):
            return response
        url = self.url_after_add(request, obj, response.url)
        if _wants_json(request):
            change = self._change_url(request, obj) if self.has_change_permission(request, obj) else None
            seen = self.seen_of(obj)  # type: ignore[attr-defined]  # (of the class that the site makes of this one)
            contents = contents_url(obj)
            return JsonResponse(
                {"set": obj.attachment_set_id, "contents": contents, "next": url, "change": change, "seen": seen}
            )
        return HttpResponseRedirect(url)

    def url_after_add(self, request: HttpRequest, obj: Any, url: str) -> str:
        """Where the person goes once an owner is added; `url` is what Django's admin would choose."""
        return url

    def _change_url(self, request: HttpRequest, obj: Any) -> str:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        kept: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return add_preserved_filters(kept, url)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """To the page's script, which keeps the form on the screen: only what is wrong with it."""
        if request.method == "POST" and _wants_json(request):
            return JsonResponse({"errors": _faults(context), "saved": context.get("saved_url")}, status=400)
        return super().render_change_form(request, context, *args, **kwargs)

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


def _permissions(request: HttpRequest, *, editable: bool) -> Permissions:
    return Permissions.of(request.user) if editable else Permissions()


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _faults(context: dict[str, Any]) -> dict[str, list[str]]:
    """By the names of the inputs; what is about no single one is under a blank name."""
    inlines = [inline.formset for inline in context["inline_admin_formsets"]]
    forms_of_page = [context["adminform"].form, *(form for formset in inlines for form in formset.forms)]
    faults: dict[str, list[str]] = {"": [text for formset in inlines for text in formset.non_form_errors()]}
    for form in forms_of_page:
        for name, texts in form.errors.items():
            faults.setdefault("" if name == "__all__" else form.add_prefix(name), []).extend(texts)
    return {name: texts for name, texts in faults.items() if texts}


def _run(request: HttpRequest, step: Any, set_id: int) -> None:
    try:
        added = step.run(set_id)
    except AlreadyInSetError as error:
        messages.warning(request, f"“{step.what}”: {error}")
    except CannotFetchError as error:
        messages.error(request, f"“{step.what}”: {error} Add it again with a title to keep the bare link.")
    except (InventoryError, ValidationError) as error:
        messages.error(request, f"“{step.what}”: {error_text(error)}")
    else:
        messages.success(request, step.done)
        if notice := getattr(added, "notice", None):
            messages.warning(request, f"“{step.what}”: {notice}")


def _linked(attachment: Attachment) -> SafeString:
    url = reverse("admin:attachments_attachment_change", args=[attachment.pk])
    return format_html(
        'Attachment: <a href="{}">{}</a> ({})', url, attachment.title, attachment.get_attachment_type_display()
    )
