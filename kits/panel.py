"""What the page of a part shows of the kits that use it."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from kits.availability import reservation
from kits.models import KitContent
from parts.models import Part

# So many kits are listed; all are counted.
_LISTED = 20


def kits_panel(request: HttpRequest, part: Part) -> str:
    """The panel as HTML; nothing for a part that no kit uses, and for who may not see kits."""
    if not (request.user.has_perm("kits.view_kit") or request.user.has_perm("kits.change_kit")):
        return ""
    rows = KitContent.objects.select_related("kit").filter(part=part).order_by("kit__status", "kit__name")
    used = [reservation(row) for row in rows]
    if not used:
        return ""
    context = {
        "used": used[:_LISTED],
        "others": len(used) - _LISTED,
        "reserved": sum(entry["reserved_quantity"] for entry in used),
    }
    return render_to_string("admin/kits/part_panel.html", context, request)
