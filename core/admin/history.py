"""The history in the admin: what its forms change goes there, and its history pages read it.

Django's own log cannot hold what the API does without a login, and loses what people did when they are deleted.
"""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from typing_extensions import override

from core import history
from core.admin.two_tabs import TwoTabsMixin
from core.history.models import HistoryEntry

_PER_PAGE = 100


class HistoryMixin(TwoTabsMixin):
    """Every admin of this project's site inherits it: the site sees to that when it registers one."""

    @override
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._record(obj, "added")

    @override
    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        text = LogEntry(change_message=message if isinstance(message, str) else json.dumps(message))
        return self._record(obj, "edited", message=text.get_change_message())

    @override
    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [self._record(row, "deleted") for row in queryset]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed the row, when and how; for those who may see the row."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        pages = Paginator(self.history_of(row), _PER_PAGE)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change history: {row}",
            "subtitle": None,
            "entries": pages.get_page(request.GET.get("p")),
            "object": row,
            "opts": self.opts,
            "module_name": str(self.opts.verbose_name_plural),
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/core/history.html", context)

    def _record(self, row: Model, verb: str, **parameters: Any) -> HistoryEntry | None:
        if self.services_record:
            return None
        return history.record(row, verb, name=self.name_in_history(row), **parameters)


def with_history(admin_class: type[admin.ModelAdmin[Any]]) -> type[admin.ModelAdmin[Any]]:
    """The admin class, writing to the history instead of Django's log, and showing it."""
    if issubclass(admin_class, HistoryMixin):
        return admin_class
    return type(admin_class.__name__, (HistoryMixin, admin_class), {"__module__": admin_class.__module__})
