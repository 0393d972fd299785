"""The page about the store: its size, the last check, the biggest contents. Figures come from the last reports."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cas import references
from cas.audit import reports
from cas.audit.findings import Kind
from cas.models import Blob, CommandReport
from cas.storage import is_digest
from core.admin.readonly import ReadOnlyAdmin

_BIGGEST = 10
_USERS = 3
_FINDINGS = 200

_SENTENCES = {
    "ok": "Nothing is wrong.",
    "warnings": "No bytes are lost, but somebody should look.",
    "critical": "Bytes are lost or damaged; cas_gc deletes nothing meanwhile.",
}


@admin.register(CommandReport)
class StorageAdmin(ReadOnlyAdmin[CommandReport]):
    """One page in the place of a list."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page. Its number of queries does not depend on how much is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_see_blobs = request.user.has_perm("cas.view_blob")
        check = reports.last(reports.CHECK)
        collection = reports.last(reports.COLLECT)
        context = {
            **self.admin_site.each_context(request),
            "title": "Storage",
            "opts": self.opts,
            "totals": reports.newest(report for report in (check, collection) if report is not None),
            "check": check,
            "collection": collection,
            "others": [(report, _numbers(report)) for report in reports.others()],
            "biggest": list(_biggest(with_links=may_see_blobs)),
            "blobs_url": reverse("admin:cas_blob_changelist") if may_see_blobs else "",
            **(extra_context or {}),
        }
        if check is not None:
            state = reports.state(check)
            context |= {
                "check_state": state,
                "check_sentence": _SENTENCES[state],
                "findings": [_with_link(finding, may_see_blobs) for finding in check.findings[:_FINDINGS]],
                "more_findings": _number_of_findings(check) - len(check.findings[:_FINDINGS]),
            }
        return render(request, "admin/cas/storage.html", context)


def _biggest(*, with_links: bool) -> Iterator[dict[str, Any]]:
    for blob in Blob.objects.order_by("-size")[:_BIGGEST]:
        users = [str(row) for row in islice(references.users(blob.pk, _USERS + 1), _USERS + 1)]
        if len(users) > _USERS:
            users[_USERS] = "and others"
        yield {"digest": blob.pk, "size": blob.size, "users": users, "url": _blob_url(blob.pk) if with_links else ""}


def _numbers(report: CommandReport) -> str:
    # By name: PostgreSQL does not keep the order.
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in sorted(report.summary.items()))


def _with_link(finding: dict[str, Any], may_see_blobs: bool) -> dict[str, Any]:
    has_page = may_see_blobs and is_digest(finding["subject"])
    return {**finding, "url": _blob_url(finding["subject"]) if has_page else ""}


def _blob_url(digest: str) -> str:
    return reverse("admin:cas_blob_change", args=[digest])


def _number_of_findings(check: CommandReport) -> int:
    return sum(int(check.summary.get(kind, 0)) for kind in Kind)
