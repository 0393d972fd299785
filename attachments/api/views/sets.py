"""Sets over HTTP."""

from typing import Any

from django.db.models import Prefetch
from rest_framework.request import Request
from rest_framework.response import Response

from attachments.api.openapi import SET_NOT_FOUND
from attachments.api.serializers import AttachmentSetSerializer
from attachments.models import Attachment, AttachmentSet
from attachments.services.locks import find_set
from core.api.conditional import ConditionalView
from core.api.schema import operation


class AttachmentSetView(ConditionalView):
    """One set with all its attachments."""

    @operation("get_attachment_set", answer=AttachmentSetSerializer, errors=SET_NOT_FOUND)
    def get(self, request: Request, **where: Any) -> Response:
        """One set with all its attachments."""
        return super().get(request, **where)

    def represent(self, set_id: int) -> Any:
        """The set."""
        in_order = Prefetch("attachments", Attachment.objects.in_order())
        return AttachmentSetSerializer(find_set(set_id, AttachmentSet.objects.prefetch_related(in_order))).data
