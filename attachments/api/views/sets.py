"""Sets over HTTP."""

from typing import Any

from attachments.api.openapi import SET_NOT_FOUND
from attachments.api.serializers import AttachmentSetSerializer, set_json
from attachments.models import Attachment
from attachments.services.locks import find_set
from core.api.conditional import ConditionalView, reading
from core.prepared import PreparedQuery

_ATTACHMENTS: PreparedQuery[Attachment] = PreparedQuery(
    lambda set_id: Attachment.objects.in_order().filter(attachment_set=set_id)
)


class AttachmentSetView(ConditionalView):
    """One set with all its attachments."""

    get = reading(
        "get_attachment_set", "One set with all its attachments.", answer=AttachmentSetSerializer, errors=SET_NOT_FOUND
    )

    def represent(self, set_id: int) -> Any:
        """The set."""
        return set_json(find_set(set_id), _ATTACHMENTS(set_id))
