"""What can be done with the attachments of several owners at once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from attachments.admin.copying import MAX_COPIED, copy_page
from attachments.archives import archive
from attachments.downloads import archive_response
from attachments.models import Attachment
from core.errors import InventoryError

# Each of them is looked at in the store before the first byte is sent.
MAX_DOWNLOADED = 500


def attachments_of(owners: QuerySet[Any]) -> QuerySet[Attachment]:
    """All attachments of the owners, set by set, in the order in which people see them."""
    sets = owners.order_by().values("attachment_set")
    return Attachment.objects.filter(attachment_set__in=sets).order_by("attachment_set", "position", "id")


@admin.action(description="Download attachments as a ZIP", permissions=["view"])
def download_attachments(model_admin: Any, request: HttpRequest, owners: QuerySet[Any]) -> HttpResponseBase | None:
    """Everything of the selection in one file, a folder for each owner."""
    # A slash would begin another folder.
    names = {owner.attachment_set_id: str(owner).replace("/", "-").replace("\\", "-") for owner in owners}
    attachments = list(attachments_of(owners)[: MAX_DOWNLOADED + 1])
    if not attachments:
        messages.warning(request, "The selection has no attachments.")
        return None
    if len(attachments) > MAX_DOWNLOADED:
        messages.error(request, f"The selection has more than {MAX_DOWNLOADED} attachments; select fewer.")
        return None
    try:
        made = archive(attachments, folder=lambda attachment: names[attachment.attachment_set_id])
    except InventoryError as error:
        messages.error(request, str(error))
        return None
    return archive_response(request, made, "attachments")


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
