"""The files of a kit, as a ZIP to download: its own and, on request, those of its parts."""

from django.http import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from attachments.api.archives import ArchiveView
from attachments.models import Attachment
from kits.api.views import find_kit


class KitArchiveView(ArchiveView):
    """The files of one kit."""

    def get(self, request: Request, kit_id: int) -> HttpResponseBase:
        """All of them, those of its parts in a folder for each part, and a manifest with their hashes."""
        kit = find_kit(kit_id)
        folders = {kit.attachment_set_id: ""}
        include = request.query_params.get("include", "")
        if include not in {"", "parts"}:
            raise ValidationError({"include": ["Must be parts."]})
        if include:
            folders |= {content.part.attachment_set_id: content.part.key for content in kit.contents.all()}
        rows = Attachment.objects.filter(attachment_set__in=folders).order_by("attachment_set", "position", "id")
        return self.answer(request, kit.name, rows, lambda row: folders[row.attachment_set_id])
