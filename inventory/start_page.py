"""What the admin's start page shows: what there is, what is new, what is missing."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from attachments.admin.lists import add_pictures
from cas.audit import reports
from inventory.counts import figures
from inventory.search_page import may_search
from inventory.stock_counts import stock_page
from parts.models import Part

_LATEST = 12
_BARE = 8
# Only among so many of the newest: where nearly every part has a datasheet, the search for one without would be long.
_LOOKED_AT = 2000


def start_page(request: HttpRequest) -> dict[str, Any]:
    """The context; of each thing only what this person may see."""
    context: dict[str, Any] = {
        "figures": figures(),
        "may_search": may_search(request),
        "may_see_parts": request.user.has_perm("parts.view_part"),
        **stock_page(request),
    }
    if request.user.has_perm("cas.view_commandreport"):
        check = reports.last(reports.CHECK)
        context |= {
            "storage_url": reverse("admin:cas_commandreport_changelist"),
            "check_state": reports.state(check) if check else "",
            "checked_at": check.finished_at if check else None,
        }
    if not context["may_see_parts"]:
        return context
    newest = Part.objects.order_by("-pk")
    latest = newest.select_related("attachment_set__cover_attachment")[:_LATEST]
    some = newest.filter(pk__in=newest.values("pk")[:_LOOKED_AT])
    return {
        **context,
        "latest": add_pictures(list(latest)),
        "bare": some.exclude(attachment_set__attachments__kind="datasheet")[:_BARE],
        "may_add_parts": request.user.has_perm("parts.add_part"),
    }
