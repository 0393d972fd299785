"""Forms that are older than what they would change, and forms that are sent a second time."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.timezone import localtime
from typing_extensions import override

from core.admin.options import HistoryOptions
from core.admin.service_errors import ServiceErrorsMixin
from core.admin.urls import admin_url
from core.errors import ConflictError
from core.history.models import HistoryEntry, SavedForm
from core.numbers import whole_number

SEEN, TOKEN = "_seen_change", "_form_token"
_NAMED = 3
_TOKENS_ARE_KEPT = timedelta(days=7)


class ChangedMeanwhileError(ConflictError):
    """Somebody, or another tab, has saved the row since the form was loaded."""

    code = "changed_meanwhile"

    def __init__(self, entries: list[HistoryEntry]) -> None:
        told = [f"{entry.actor_name} {entry.text} at {localtime(entry.at):%H:%M}" for entry in entries[:_NAMED]]
        more = len(entries) - _NAMED
        others = [f"and {more} more"] if more > 0 else []
        super().__init__(
            f"Nothing was saved, because this was changed after you had opened it: {'; '.join([*told, *others])}. What "
            "you typed is still here. Save again to put it in the place of that, or open the page anew to see it."
        )


class SavedAlreadyError(ConflictError):
    """The form of a new row was sent before: somebody went back to it."""

    code = "saved_already"

    def __init__(self, saved: Model) -> None:
        self.url = admin_url(saved)
        super().__init__(
            f"This form was saved already, as “{saved}”. Nothing was added a second time. To change that, open it; to "
            "add another one, begin with an empty form."
        )


class TwoTabsMixin(HistoryOptions, ServiceErrorsMixin):
    """Refuses both, with who changed what. What was typed stays."""

    @override
    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> Any:
        # Before the row is read: what is saved in between counts as not seen.
        posted = whole_number(request.POST.get(SEEN, ""))
        _remember(request, seen=self._latest(unquote(object_id)) if request.method == "GET" and object_id else posted)
        return super().changeform_view(request, object_id, *args, **kwargs)

    @override
    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        kept = _kept(request)
        context["seen_change"] = kept.get("seen")
        if kwargs.get("add"):
            context["form_token"] = request.POST.get(TOKEN) or uuid.uuid4()
        context["saved_url"] = kept.get("saved_url")
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            self._refuse_stale(request, obj)
            super().save_model(request, obj, form, change)
            return
        token = _uuid(request.POST.get(TOKEN, ""))
        self._refuse_saved(request, token)
        super().save_model(request, obj, form, change)
        if token is not None:
            self._note_saved(request, token, obj)

    def seen_of(self, row: Any) -> int:
        """The change up to which a form that shows the row now is fresh."""
        return self._latest(str(row.pk))

    def _refuse_stale(self, request: HttpRequest, row: Any) -> None:
        seen = whole_number(request.POST.get(SEEN, ""))
        if seen is None:
            return
        # Whoever saves at the same moment waits here, and then sees the other's entry.
        self.lock_for_form(row)
        entries = list(self.changes_of_form(str(row.pk)).filter(pk__gt=seen))
        if entries:
            _remember(request, seen=entries[0].pk)
            raise ChangedMeanwhileError(entries)

    def _refuse_saved(self, request: HttpRequest, token: uuid.UUID | None) -> None:
        if token is None:
            return
        saved = SavedForm.objects.filter(pk=token, content_type=self._content_type()).first()
        row = None if saved is None else self.model._base_manager.filter(pk=saved.object_id).first()
        if row is not None:
            error = SavedAlreadyError(row)
            _remember(request, saved_url=error.url)
            raise error

    def _note_saved(self, request: HttpRequest, token: uuid.UUID, row: Any) -> None:
        SavedForm.objects.filter(at__lt=Now() - _TOKENS_ARE_KEPT).delete()
        try:
            with transaction.atomic():
                SavedForm.objects.create(token=token, content_type=self._content_type(), object_id=str(row.pk))
        except IntegrityError:
            # Sent twice at the same moment, or again after what it had added was deleted.
            self._refuse_saved(request, token)

    def _latest(self, object_id: str) -> int:
        return self.changes_of_form(object_id).values_list("pk", flat=True).first() or 0

    def _content_type(self) -> ContentType:
        return ContentType.objects.get_for_model(self.model, for_concrete_model=False)


def _kept(request: HttpRequest) -> dict[str, Any]:
    kept: dict[str, Any] = request.__dict__.setdefault("_two_tabs", {})
    return kept


def _remember(request: HttpRequest, **facts: Any) -> None:
    _kept(request).update(facts)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
