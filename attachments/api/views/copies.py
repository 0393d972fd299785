"""Copies of other sets' attachments over HTTP."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from attachments import services
from attachments.api.serializers import AttachmentSerializer, CopyInput
from core.api import body
from core.api.schema import operation


class CopiesView(APIView):
    """Copies of other sets' attachments in this set."""

    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    @operation(
        "copy_attachment",
        body=CopyInput,
        answer=AttachmentSerializer,
        status=201,
        errors={
            400: ["not_an_image"],
            404: ["unknown_attachment_set", "unknown_attachment"],
            409: ["already_in_set"],
            503: ["content_busy"],
        },
    )
    def post(self, request: Request, set_id: int) -> Response:
        """The content of an attachment once more, in this set; no bytes move."""
        wish = body.read(CopyInput, request.data)
        refuse = wish.pop("on_duplicate") == "refuse"
        attachment = services.copy(target_set_id=set_id, refuse_duplicate=refuse, **wish)
        return Response(AttachmentSerializer(attachment).data, status=201)
