"""The files of a kit, as a ZIP to download: its own and, on request, those of its parts."""

from django.http import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.archives import archive
from attachments.downloads import archive_response
from attachments.models import Attachment
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import ZIP, operation, query
from kits.api.views import find_kit


class KitArchiveView(APIView):
    """The files of one kit."""

    content_negotiation_class = WhateverIsAccepted

    @operation(
        "get_kit_archive",
        answer=ZIP,
        errors={500: ["storage_unavailable"]},
        query=[query("include", {"type": "string", "enum": ["parts"]}, "With the files of its parts, in folders.")],
    )
    def get(self, request: Request, kit_id: int) -> HttpResponseBase:
        """All files of a kit as a ZIP, and a manifest with their hashes."""
        kit = find_kit(kit_id)
        folders = {kit.attachment_set_id: ""}
        include = request.query_params.get("include")
        if include not in {None, "parts"}:
            raise ValidationError({"include": ["Must be parts."]})
        if include:
            folders |= {content.part.attachment_set_id: content.part.key for content in kit.contents.all()}
        rows = Attachment.objects.filter(attachment_set__in=folders).order_by("attachment_set", "position", "id")
        # The kit's own first.
        own_first = sorted(rows, key=lambda row: row.attachment_set_id != kit.attachment_set_id)
        made = archive(own_first, folder=lambda row: folders[row.attachment_set_id])
        return archive_response(request._request, made, kit.name)
