"""Sets over HTTP."""

from typing import Any

from django.db.models import Prefetch

from attachments.api.openapi import SET_NOT_FOUND
from attachments.api.serializers import AttachmentSetSerializer
from attachments.models import Attachment, AttachmentSet
from attachments.services.locks import find_set
from core.api.conditional import ConditionalView, reading


class AttachmentSetView(ConditionalView):
    """One set with all its attachments."""

    get = reading(
        "get_attachment_set", "One set with all its attachments.", answer=AttachmentSetSerializer, errors=SET_NOT_FOUND
    )

    def represent(self, set_id: int) -> Any:
        """The set."""
        in_order = Prefetch("attachments", Attachment.objects.in_order())
        return AttachmentSetSerializer(find_set(set_id, AttachmentSet.objects.prefetch_related(in_order))).data
