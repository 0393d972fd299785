"""Copying attachments to another owner: the search that the panel uses, and a page that works without JavaScript."""

from collections.abc import Iterator, Sequence

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import ngettext

from attachments import services
from attachments.content_urls import cover_url
from attachments.errors import AlreadyInSetError
from attachments.models import Attachment, AttachmentOwner, owner_models
from attachments.owner_names import name_of
from core.errors import InventoryError
from core.numbers import whole_number

# More than that is no longer something that a person looks through.
MAX_COPIED = 500
_OF_EACH_KIND = 8


def find_owners(request: HttpRequest, words: str, *, without: int | None = None) -> Iterator[AttachmentOwner]:
    """Owners of every kind whose admin finds the words and shows them to this person; a few of each."""
    for model in owner_models():
        if not admin.site.is_registered(model):
            continue
        model_admin = admin.site.get_model_admin(model)
        if not model_admin.has_view_permission(request):
            continue
        rows = model_admin.get_queryset(request).order_by("-pk").exclude(attachment_set=without)
        found, _ = model_admin.get_search_results(request, rows, words[:200])
        yield from found[:_OF_EACH_KIND]


def owners_view(request: HttpRequest) -> JsonResponse:
    """The owners that `?q=` finds, without the one whose set is `?except=`, as JSON for the panel."""
    _require_add(request)
    without = whole_number(request.GET.get("except", ""))
    owners = find_owners(request, request.GET.get("q", ""), without=without)
    return JsonResponse(
        [
            {
                **{name: value for name, value in vars(name_of(owner)).items() if name != "admin_url"},
                "cover_url": cover_url(owner.attachment_set.cover_attachment),
            }
            for owner in owners
        ],
        safe=False,
    )


def copy_view(request: HttpRequest) -> HttpResponse:
    """Choose an owner by searching, then copy. The attachments are those of `attachment`, given once or often."""
    _require_add(request)
    sent = request.POST if request.method == "POST" else request.GET
    wanted = [pk for text in sent.getlist("attachment") if (pk := whole_number(text)) is not None][:MAX_COPIED]
    rows = {row.pk: row for row in Attachment.objects.filter(pk__in=wanted)}
    return copy_page(request, [rows[pk] for pk in wanted if pk in rows])


def copy_page(request: HttpRequest, attachments: Sequence[Attachment]) -> HttpResponse:
    """The page of `copy_view`, for attachments that somebody has chosen already."""
    words = request.POST.get("q", "").strip()
    target = whole_number(request.POST.get("target", ""))
    if "copy" in request.POST and target is not None:
        _copy(request, attachments, target)
        return HttpResponseRedirect(_back(request))
    owners = list(find_owners(request, words)) if words else []
    context = {
        **admin.site.each_context(request),
        "title": ngettext("Copy %(n)d attachment", "Copy %(n)d attachments", len(attachments))
        % {"n": len(attachments)},
        "attachments": attachments,
        "choices": [(owner, name_of(owner), cover_url(owner.attachment_set.cover_attachment)) for owner in owners],
        "words": words,
        "back": _back(request),
        "media": forms.Media(css={"all": ["admin/css/forms.css", "attachments/admin.css"]}),
    }
    return TemplateResponse(request, "admin/attachments/copy.html", context)


def _copy(request: HttpRequest, attachments: Sequence[Attachment], target: int) -> None:
    copied = 0
    for attachment in attachments:
        try:
            services.copy(attachment_id=attachment.pk, target_set_id=target, refuse_duplicate=True)
        except AlreadyInSetError as error:
            messages.warning(request, f"“{attachment.title}”: {error}")
        except InventoryError as error:
            messages.error(request, f"“{attachment.title}”: {error}")
        else:
            copied += 1
    if copied:
        text = ngettext("%(n)d attachment was copied.", "%(n)d attachments were copied.", copied)
        messages.success(request, text % {"n": copied})


def _back(request: HttpRequest) -> str:
    """Where the person came from: a path of ours, never an address that somebody else made up."""
    back = request.POST.get("back") or request.headers.get("Referer", "")
    prefix = f"{request.scheme}://{request.get_host()}"
    back = back.removeprefix(prefix)
    home = reverse("admin:index")
    return back if back.startswith(home) else home


def _require_add(request: HttpRequest) -> None:
    if not request.user.has_perm("attachments.add_attachment"):
        raise PermissionDenied
