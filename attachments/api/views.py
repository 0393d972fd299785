"""Sets, attachments and covers over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Prefetch, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from attachments import services
from attachments.api.serializers import (
    AddedLinkSerializer,
    AttachmentSerializer,
    AttachmentSetSerializer,
    CopyInput,
    CoverInput,
    CoverSerializer,
    LinkInput,
    RenameInput,
    UploadInput,
)
from attachments.errors import NotInSetError, UnknownAttachmentError, UnknownSetError
from attachments.models import Attachment, AttachmentSet
from cas.uploads import drain, too_large

# What a multipart body has beside the one file: boundaries, headers and the title.
_ENVELOPE_BYTES = 64 * 1024


def find_set(set_id: int, sets: QuerySet[AttachmentSet] | None = None) -> AttachmentSet:
    """The set, or UnknownSetError."""
    attachment_set = (AttachmentSet.objects.all() if sets is None else sets).filter(pk=set_id).first()
    if attachment_set is None:
        raise UnknownSetError
    return attachment_set


def find_attachment(set_id: int, attachment_id: int) -> Attachment:
    """The attachment of that set; UnknownSetError, UnknownAttachmentError or NotInSetError."""
    find_set(set_id)
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None:
        raise UnknownAttachmentError
    if attachment.attachment_set_id != set_id:
        raise NotInSetError
    return attachment


class AttachmentSetView(APIView):
    """One set with all its attachments."""

    def get(self, request: Request, set_id: int) -> Response:
        """The set."""
        in_order = Prefetch("attachments", Attachment.objects.in_order())
        attachment_set = find_set(set_id, AttachmentSet.objects.prefetch_related(in_order))
        return Response(AttachmentSetSerializer(attachment_set).data)


class AttachmentsView(GenericAPIView[Attachment]):
    """The attachments of one set."""

    parser_classes = [*cast("list[type[BaseParser]]", api_settings.DEFAULT_PARSER_CLASSES), MultiPartParser]
    serializer_class = AttachmentSerializer
    filter_backends = ()
    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that cannot hold an allowed file by its own account, before a byte of it is read."""
        largest = max(settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if request.method == "POST" and length > largest + _ENVELOPE_BYTES:
            drain(request._request)
            raise too_large("The file", length, largest)
        super().initial(request, *args, **kwargs)

    def get(self, request: Request, set_id: int) -> Response:
        """By position."""
        rows = find_set(set_id).attachments.in_order()
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def post(self, request: Request, set_id: int) -> Response:
        """A file as multipart/form-data, or a link as JSON."""
        find_set(set_id)
        if request.content_type.startswith("multipart/"):
            return Response(AttachmentSerializer(self._attach_file(request, set_id)).data, status=201)
        link = LinkInput(data=request.data)
        link.is_valid(raise_exception=True)
        attachment = services.attach_link(
            set_id=set_id, url=link.validated_data["url"], title=link.validated_data["title"] or ""
        )
        return Response(AddedLinkSerializer(attachment).data, status=201)

    def _attach_file(self, request: Request, set_id: int) -> Attachment:
        text = UploadInput(data=request.data)
        text.is_valid(raise_exception=True)
        files: list[UploadedFile[bytes]] = request.FILES.getlist("file")
        if len(files) != 1:
            raise ValidationError({"file": ["Send exactly one file, in the field named file."]})
        return services.attach_file(set_id=set_id, upload=files[0], title=text.validated_data["title"])


class AttachmentView(APIView):
    """One attachment."""

    permissions: ClassVar = {
        "PUT": "attachments.change_attachment",
        "PATCH": "attachments.change_attachment",
        "DELETE": "attachments.delete_attachment",
    }

    def get(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """The attachment."""
        return Response(AttachmentSerializer(find_attachment(set_id, attachment_id)).data)

    def put(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Rename."""
        text = RenameInput(data=request.data)
        text.is_valid(raise_exception=True)
        attachment = services.rename(set_id=set_id, attachment_id=attachment_id, **text.validated_data)
        return Response(AttachmentSerializer(attachment).data)

    patch = put

    def delete(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Take it out of the set; its bytes stay until nobody has them."""
        services.detach(set_id=set_id, attachment_id=attachment_id)
        return Response(status=204)


class CoverView(APIView):
    """The cover of one set."""

    permissions: ClassVar = {
        "PUT": "attachments.change_attachmentset",
        "DELETE": "attachments.change_attachmentset",
    }

    def get(self, request: Request, set_id: int) -> Response:
        """Its number and picture; null for none."""
        sets = AttachmentSet.objects.select_related("cover_attachment")
        return Response(CoverSerializer(find_set(set_id, sets)).data)

    def put(self, request: Request, set_id: int) -> Response:
        """Choose or clear it."""
        choice = CoverInput(data=request.data)
        choice.is_valid(raise_exception=True)
        return Response(CoverSerializer(services.choose_cover(set_id=set_id, **choice.validated_data)).data)

    def delete(self, request: Request, set_id: int) -> Response:
        """Clear it."""
        return Response(CoverSerializer(services.choose_cover(set_id=set_id, attachment_id=None)).data)


class CopiesView(APIView):
    """Copies of other sets' attachments in this set."""

    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    def post(self, request: Request, set_id: int) -> Response:
        """The same content once more; no bytes move."""
        wish = CopyInput(data=request.data)
        wish.is_valid(raise_exception=True)
        attachment = services.copy(target_set_id=set_id, **wish.validated_data)
        return Response(AttachmentSerializer(attachment).data, status=201)
