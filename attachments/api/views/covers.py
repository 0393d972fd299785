"""The cover of a set over HTTP."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from attachments import services
from attachments.api.openapi import ATTACHMENT_NOT_FOUND, SET_NOT_FOUND
from attachments.api.serializers import CoverInput, CoverSerializer
from attachments.models import AttachmentSet
from attachments.services.locks import existing
from core.api import body
from core.api.conditional import ConditionalView, reading
from core.api.pages import PAGE_STATUSES
from core.api.schema import operation


class CoverView(ConditionalView):
    """The cover of one set."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {
        "PUT": "attachments.change_attachmentset",
        "DELETE": "attachments.change_attachmentset",
    }

    get = reading("get_cover", "The cover of a set; nulls for none.", answer=CoverSerializer, errors=SET_NOT_FOUND)

    def represent(self, set_id: int) -> Any:
        """Its number and picture; null for none."""
        sets = AttachmentSet.objects.select_related("cover_attachment")
        return CoverSerializer(existing(sets.filter(pk=set_id).first())).data

    def lock(self, set_id: int) -> None:
        """Every change of a cover locks its set."""
        AttachmentSet.objects.locked().filter(pk=set_id).first()

    @operation(
        "choose_cover",
        body=CoverInput,
        answer=CoverSerializer,
        errors={**ATTACHMENT_NOT_FOUND, 400: ["not_in_set", "not_an_image"]},
    )
    def put(self, request: Request, set_id: int) -> Response:
        """Choose the cover, or clear it with null."""
        return self._choose(request, set_id, body.read(CoverInput, request.data)["attachment_id"])

    @operation("clear_cover", answer=CoverSerializer, errors=SET_NOT_FOUND)
    def delete(self, request: Request, set_id: int) -> Response:
        """Clear the cover."""
        return self._choose(request, set_id, None)

    def _choose(self, request: Request, set_id: int, attachment_id: int | None) -> Response:
        with self.as_seen(request, **self.kwargs):
            services.choose_cover(set_id=set_id, attachment_id=attachment_id)
        return Response(self.represent(set_id))
