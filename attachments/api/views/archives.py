"""The attachments of a set, as a ZIP to download."""

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.api.openapi import SET_NOT_FOUND
from attachments.archives import archive
from attachments.downloads import archive_response
from attachments.services.locks import find_set
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import ZIP, operation


class SetArchiveView(APIView):
    """The files of one set."""

    content_negotiation_class = WhateverIsAccepted

    @operation("get_attachment_set_archive", answer=ZIP, errors={**SET_NOT_FOUND, 500: ["storage_unavailable"]})
    def get(self, request: Request, set_id: int) -> HttpResponseBase:
        """All files of a set as a ZIP, and a manifest with their hashes."""
        attachments = find_set(set_id).attachments.in_order()
        return archive_response(request._request, archive(attachments), f"attachments-{set_id}")
