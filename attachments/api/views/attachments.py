"""Attachments over HTTP: list, add, rename, delete."""

from contextlib import nullcontext
from typing import Any, ClassVar, cast

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from attachments import services
from attachments.api.forms import is_too_long, refuse_length, single_file
from attachments.api.openapi import ATTACHMENT_NOT_FOUND, FILE_REFUSED, SET_NOT_FOUND, upload_schema
from attachments.api.serializers import (
    AddedLinkSerializer,
    AttachmentInput,
    AttachmentSerializer,
    LinkInput,
    UploadInput,
)
from attachments.kinds import Kind
from attachments.models import Attachment, AttachmentSet
from attachments.services.locks import find_attachment, find_set
from core.api import body
from core.api.conditional import ConditionalView, reading
from core.api.pages import PAGE_STATUSES
from core.api.schema import operation, query

_KIND = {"type": "string", "enum": Kind.values}
UPLOAD = upload_schema(
    title={
        "type": "string",
        "maxLength": 255,
        "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
        "description": "The file's name, unless given.",
    },
    kind={**_KIND, "description": "Guessed from name and type, unless given."},
)


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

    @operation(
        "list_attachments",
        answer=AttachmentSerializer(many=True),
        errors=SET_NOT_FOUND,
        query=[query("kind", _KIND, "Of this kind.")],
    )
    def get(self, request: Request, set_id: int) -> Response:
        """The attachments of a set, by position."""
        rows = find_set(set_id).attachments.in_order()
        kind = request.query_params.get("kind")
        if kind is not None:
            if kind not in Kind.values:
                raise ValidationError({"kind": [f"Must be one of {', '.join(Kind.values)}."]})
            rows = rows.filter(kind=kind)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation(
        "add_attachment",
        body={"application/json": LinkInput, "multipart/form-data": UPLOAD},
        answer=AddedLinkSerializer,
        status=201,
        errors={
            **SET_NOT_FOUND,
            400: FILE_REFUSED,
            409: ["already_in_set"],
            422: ["cannot_fetch"],
            500: ["storage_unavailable"],
            503: ["content_busy", "decoding_busy", "fetching_busy", "storage_unavailable"],
        },
    )
    def post(self, request: Request, set_id: int) -> Response:
        """Add a file as multipart/form-data, or a link as JSON."""
        find_set(set_id)
        if request.content_type.startswith("multipart/"):
            return Response(AttachmentSerializer(self._attach_file(request, set_id)).data, status=201)
        link = body.read(LinkInput, request.data)
        attachment = services.attach_link(
            set_id=set_id,
            url=link["url"],
            title=link["title"] or "",
            kind=link.get("kind", ""),
            refuse_duplicate=link["on_duplicate"] == "refuse",
        )
        return Response(AddedLinkSerializer(attachment).data, status=201)

    def _attach_file(self, request: Request, set_id: int) -> Attachment:
        text = body.read(UploadInput, request.data)
        return services.attach_file(
            set_id=set_id,
            upload=single_file(request),
            title=text["title"],
            kind=text.get("kind", ""),
            refuse_duplicate=text["on_duplicate"] == "refuse",
        )


class AttachmentView(ConditionalView):
    """One attachment."""

    permissions: ClassVar = {
        "PUT": "attachments.change_attachment",
        "PATCH": "attachments.change_attachment",
        "DELETE": "attachments.delete_attachment",
    }

    get = reading("get_attachment", "One attachment.", answer=AttachmentSerializer, errors=ATTACHMENT_NOT_FOUND)

    def represent(self, set_id: int, attachment_id: int) -> Any:
        """The attachment."""
        return AttachmentSerializer(find_attachment(set_id, attachment_id)).data

    def lock(self, set_id: int, attachment_id: int) -> None:
        """Every change of an attachment locks its set."""
        AttachmentSet.objects.locked().filter(pk=set_id).first()

    @operation("rename_attachment", body=AttachmentInput, answer=AttachmentSerializer, errors=ATTACHMENT_NOT_FOUND)
    def put(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Give an attachment another title; kind and place only if they are given."""
        return self._change(request, body.read(AttachmentInput, request.data))

    @operation("change_attachment", body=AttachmentInput, answer=AttachmentSerializer, errors=ATTACHMENT_NOT_FOUND)
    def patch(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """The same; without a title it keeps its own."""
        return self._change(request, body.read(AttachmentInput, request.data, partial=True))

    def _change(self, request: Request, changes: dict[str, Any]) -> Response:
        with self.as_seen(request, **self.kwargs):
            _apply(self.kwargs, changes)
        return Response(self.represent(**self.kwargs))

    @operation("delete_attachment", status=204, errors=ATTACHMENT_NOT_FOUND)
    def delete(self, request: Request, set_id: int, attachment_id: int) -> Response:
        """Take it out of the set; its bytes stay until nobody has them."""
        with self.as_seen(request, **self.kwargs):
            services.detach(set_id=set_id, attachment_id=attachment_id)
        return Response(status=204)


def _apply(where: dict[str, int], changes: dict[str, Any]) -> None:
    # Each has a transaction of its own; several are one.
    with transaction.atomic() if len(changes) > 1 else nullcontext():
        if "title" in changes:
            services.rename(**where, title=changes["title"])
        if "kind" in changes:
            services.choose_kind(**where, kind=changes["kind"])
        if "position" in changes:
            services.move(**where, position=changes["position"])
