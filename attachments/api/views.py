"""Sets, attachments and covers over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiRequest
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from attachments import services
from attachments.api.conditional import ConditionalView
from attachments.api.lengths import is_too_long, refuse_length
from attachments.api.pages import PAGE_STATUSES
from attachments.api.schema import UNKNOWN_ATTACHMENT, UNKNOWN_SET, operation
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
from cas.filetypes import BY_CONTENT_TYPE


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


ON_DUPLICATE = {
    "type": "string",
    "enum": ["add", "refuse"],
    "default": "add",
    "description": "What happens when the set has this content already.",
}
UPLOAD = OpenApiRequest(
    {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "Exactly one. Its bytes decide its type."},
            "title": {
                "type": "string",
                "maxLength": 255,
                "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
                "description": "The file's name, unless given.",
            },
            "on_duplicate": ON_DUPLICATE,
        },
    },
    encoding={"file": {"contentType": ", ".join(BY_CONTENT_TYPE)}},
)


class AttachmentSetView(ConditionalView):
    """One set with all its attachments."""

    @operation("get_attachment_set", answer=AttachmentSetSerializer, errors=UNKNOWN_SET)
    def get(self, request: Request, **where: Any) -> Response:
        """One set with all its attachments."""
        return super().get(request, **where)

    def represent(self, set_id: int) -> Any:
        """The set."""
        in_order = Prefetch("attachments", Attachment.objects.in_order())
        return AttachmentSetSerializer(find_set(set_id, AttachmentSet.objects.prefetch_related(in_order))).data


class AttachmentsView(GenericAPIView[Attachment]):
    """The attachments of one set."""

    parser_classes = [*cast("list[type[BaseParser]]", api_settings.DEFAULT_PARSER_CLASSES), MultiPartParser]
    serializer_class = AttachmentSerializer
    filter_backends = ()
    # 422 is for a link without a title, and the frontend's have one.
    page_statuses = {413: PAGE_STATUSES[413], 503: PAGE_STATUSES[503]}
    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that cannot hold an allowed file by its own account, before a byte of it is read."""
        too_long = request.method == "POST" and is_too_long(request)
        if too_long and request._request.user.is_authenticated:
            # Before the login is looked at: the CSRF check of a session would read the body.
            refuse_length(request)
        super().initial(request, *args, **kwargs)
        if too_long:
            refuse_length(request)

    @operation("list_attachments", answer=AttachmentSerializer(many=True), errors=UNKNOWN_SET)
    def get(self, request: Request, set_id: int) -> Response:
        """The attachments of a set, by position."""
        rows = find_set(set_id).attachments.in_order()
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation(
        "add_attachment",
        body={"application/json": LinkInput, "multipart/form-data": UPLOAD},
        answer=AddedLinkSerializer,
        status=201,
        errors={
            **UNKNOWN_SET,
            400: ["file_type_not_allowed", "file_too_large", "empty_file", "image_refused", "too_many_fields"],
            409: ["already_in_set"],
            422: ["cannot_fetch"],
            500: ["storage_unavailable"],
            503: ["content_busy", "fetching_busy"],
        },
    )
    def post(self, request: Request, set_id: int) -> Response:
        """Add a file as multipart/form-data, or a link as JSON."""
        find_set(set_id)
        if request.content_type.startswith("multipart/"):
            return Response(AttachmentSerializer(self._attach_file(request, set_id)).data, status=201)
        link = LinkInput(data=request.data)
        link.is_valid(raise_exception=True)
        attachment = services.attach_link(
            set_id=set_id,
            url=link.validated_data["url"],
            title=link.validated_data["title"] or "",
            refuse_duplicate=link.validated_data["on_duplicate"] == "refuse",
        )
        return Response(AddedLinkSerializer(attachment).data, status=201)

    def _attach_file(self, request: Request, set_id: int) -> Attachment:
        text = UploadInput(data=request.data)
        text.is_valid(raise_exception=True)
        files: list[UploadedFile[bytes]] = request.FILES.getlist("file")
        if len(files) != 1:
            raise ValidationError({"file": ["Send exactly one file, in the field named file."]})
        refuse = text.validated_data["on_duplicate"] == "refuse"
        return services.attach_file(
            set_id=set_id, upload=files[0], title=text.validated_data["title"], refuse_duplicate=refuse
        )


class AttachmentView(ConditionalView):
    """One attachment."""

    permissions: ClassVar = {
        "PUT": "attachments.change_attachment",
        "PATCH": "attachments.change_attachment",
        "DELETE": "attachments.delete_attachment",
    }

    @operation("get_attachment", answer=AttachmentSerializer, errors=UNKNOWN_ATTACHMENT)
    def get(self, request: Request, **where: Any) -> Response:
        """One attachment."""
        return super().get(request, **where)

    def represent(self, set_id: int, attachment_id: int) -> Any:
        """The attachment."""
        return AttachmentSerializer(find_attachment(set_id, attachment_id)).data

    def lock(self, set_id: int, attachment_id: int) -> None:
        """Every change of an attachment locks its set."""
        AttachmentSet.objects.locked().filter(pk=set_id).first()

    @operation("rename_attachment", body=RenameInput, answer=AttachmentSerializer, errors=UNKNOWN_ATTACHMENT)
    def put(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Give an attachment another title."""
        return self._rename(request, RenameInput(data=request.data))

    @operation("change_attachment", body=RenameInput, answer=AttachmentSerializer, errors=UNKNOWN_ATTACHMENT)
    def patch(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """The same; without a title nothing changes."""
        return self._rename(request, RenameInput(data=request.data, partial=True))

    def _rename(self, request: Request, text: RenameInput) -> Response:
        text.is_valid(raise_exception=True)
        with self.as_seen(request, **self.kwargs):
            if text.validated_data:
                services.rename(**self.kwargs, **text.validated_data)
        return Response(self.represent(**self.kwargs))

    @operation("delete_attachment", status=204, errors=UNKNOWN_ATTACHMENT)
    def delete(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Take it out of the set; its bytes stay until nobody has them."""
        with self.as_seen(request, **self.kwargs):
            services.detach(set_id=set_id, attachment_id=attachment_id)
        return Response(status=204)


class CoverView(ConditionalView):
    """The cover of one set."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {
        "PUT": "attachments.change_attachmentset",
        "DELETE": "attachments.change_attachmentset",
    }

    @operation("get_cover", answer=CoverSerializer, errors=UNKNOWN_SET)
    def get(self, request: Request, **where: Any) -> Response:
        """The cover of a set; nulls for none."""
        return super().get(request, **where)

    def represent(self, set_id: int) -> Any:
        """Its number and picture; null for none."""
        sets = AttachmentSet.objects.select_related("cover_attachment")
        return CoverSerializer(find_set(set_id, sets)).data

    def lock(self, set_id: int) -> None:
        """Every change of a cover locks its set."""
        AttachmentSet.objects.locked().filter(pk=set_id).first()

    @operation(
        "choose_cover",
        body=CoverInput,
        answer=CoverSerializer,
        errors={**UNKNOWN_ATTACHMENT, 400: ["not_in_set", "not_an_image"]},
    )
    def put(self, request: Request, set_id: int) -> Response:
        """Choose the cover, or clear it with null."""
        choice = CoverInput(data=request.data)
        choice.is_valid(raise_exception=True)
        return self._choose(request, set_id, choice.validated_data["attachment_id"])

    @operation("clear_cover", answer=CoverSerializer, errors=UNKNOWN_SET)
    def delete(self, request: Request, set_id: int) -> Response:
        """Clear the cover."""
        return self._choose(request, set_id, None)

    def _choose(self, request: Request, set_id: int, attachment_id: int | None) -> Response:
        with self.as_seen(request, **self.kwargs):
            services.choose_cover(set_id=set_id, attachment_id=attachment_id)
        return Response(self.represent(set_id))


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
        wish = CopyInput(data=request.data)
        wish.is_valid(raise_exception=True)
        refuse = wish.validated_data.pop("on_duplicate") == "refuse"
        attachment = services.copy(target_set_id=set_id, refuse_duplicate=refuse, **wish.validated_data)
        return Response(AttachmentSerializer(attachment).data, status=201)
