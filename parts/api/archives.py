"""The files of a part, as a ZIP to download."""

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.archives import archive
from attachments.downloads import archive_response
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import ZIP, operation
from parts.api.views import find_part


class PartArchiveView(APIView):
    """The files of one part."""

    content_negotiation_class = WhateverIsAccepted

    @operation("get_part_archive", answer=ZIP, errors={500: ["storage_unavailable"]})
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """All files of a part as a ZIP, and a manifest with their hashes."""
        attachments = find_part(key).attachment_set.attachments.in_order()
        return archive_response(request._request, archive(attachments), key)
