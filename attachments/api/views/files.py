"""Another file for an attachment that is there."""

from functools import partial
from typing import Any, ClassVar

from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from attachments.api.forms import is_too_long, refuse_length, single_file
from attachments.api.openapi import FILE_REFUSED, upload_schema
from attachments.api.serializers import AttachmentSerializer, DuplicateInput
from attachments.services.files import replace_file
from attachments.services.locks import find_attachment
from core.api import body
from core.api.conditional import ConditionalView
from core.api.schema import operation


class FileView(ConditionalView):
    """The file of one attachment."""

    # What a file is served by is its address in the attachment.
    http_method_names = ["put", "options"]
    parser_classes = [MultiPartParser]
    permissions: ClassVar = {"PUT": "attachments.change_attachment"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that cannot hold an allowed file by its own account, before a byte of it is read."""
        super().initial(request, *args, **kwargs)
        if is_too_long(request):
            refuse_length(request)

    def represent(self, set_id: int, attachment_id: int) -> Any:
        """The attachment."""
        return AttachmentSerializer(find_attachment(set_id, attachment_id)).data

    @operation(
        "replace_file",
        body={"multipart/form-data": upload_schema()},
        answer=AttachmentSerializer,
        errors={
            400: [*FILE_REFUSED, "not_in_set", "not_a_file"],
            404: ["unknown_attachment_set", "unknown_attachment"],
            409: ["already_in_set"],
            500: ["storage_unavailable"],
            503: ["content_busy", "decoding_busy", "storage_unavailable"],
        },
    )
    def put(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Replace the file of an attachment; title, position and cover stay."""
        find_attachment(set_id, attachment_id)
        wish = body.read(DuplicateInput, request.data)
        attachment = replace_file(
            set_id=set_id,
            attachment_id=attachment_id,
            upload=single_file(request),
            refuse_duplicate=wish["on_duplicate"] == "refuse",
            check=partial(self.refuse_another_version, request, set_id=set_id, attachment_id=attachment_id),
        )
        return Response(AttachmentSerializer(attachment).data)
