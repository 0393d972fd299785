"""What can be done with the attachments of several owners at once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from attachments.admin.copying import MAX_COPIED, copy_page
from attachments.models import Attachment


def attachments_of(owners: QuerySet[Any]) -> QuerySet[Attachment]:
    """All attachments of the owners, set by set, in the order in which people see them."""
    sets = owners.order_by().values("attachment_set")
    return Attachment.objects.filter(attachment_set__in=sets).order_by("attachment_set", "position", "id")


@admin.action(description="Copy attachments to…", permissions=["attach"])
def copy_attachments(model_admin: Any, request: HttpRequest, owners: QuerySet[Any]) -> HttpResponse | None:
    """Go to the page on which another owner is chosen."""
    attachments = list(attachments_of(owners)[: MAX_COPIED + 1])
    if not attachments:
        messages.warning(request, "The selection has no attachments.")
        return None
    if len(attachments) > MAX_COPIED:
        messages.error(request, f"The selection has more than {MAX_COPIED} attachments; select fewer.")
        return None
    return copy_page(request, attachments)
