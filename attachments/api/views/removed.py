"""What was deleted or replaced in a set, and its way back, over HTTP."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from attachments import services
from attachments.api.openapi import SET_NOT_FOUND
from attachments.api.serializers import AttachmentSerializer, DuplicateInput
from attachments.content_urls import links_of
from attachments.models import RemovedAttachment
from attachments.permissions import Permissions
from attachments.services.locks import find_set
from core.api.fields import NumberField
from core.api.schema import operation


class RemovedAttachmentSerializer(serializers.ModelSerializer[RemovedAttachment]):
    """What can be restored: an attachment as it was when it was deleted or got another file."""

    attachment_set_id = serializers.IntegerField(read_only=True)
    url = serializers.CharField(read_only=True, allow_null=True)
    filename = serializers.CharField(read_only=True, allow_null=True)
    content_type = serializers.CharField(read_only=True, allow_null=True)
    sha256 = serializers.CharField(source="blob_id", read_only=True, allow_null=True)
    was_replaced = serializers.BooleanField(
        read_only=True, help_text="Whether the attachment is still there, with another file."
    )
    preview_url = serializers.CharField(read_only=True, allow_null=True)
    download_url = serializers.CharField(read_only=True, allow_null=True)
    expires_at = serializers.DateTimeField(
        source="kept_until", read_only=True, help_text="From then on it may be gone for good."
    )

    class Meta:
        model = RemovedAttachment
        fields: tuple[str, ...] = (
            "id",
            "attachment_set_id",
            "attachment_id",
            "attachment_type",
            "title",
            "position",
            "url",
            "filename",
            "content_type",
            "file_size",
            "sha256",
            "was_cover",
            "was_replaced",
            "preview_url",
            "download_url",
            "created_at",
            "removed_at",
            "expires_at",
        )
        read_only_fields = fields

    def to_representation(self, instance: RemovedAttachment) -> dict[str, Any]:
        """The row, and the links of `attachments.content_urls`."""
        links = links_of(instance)
        shown = {**super().to_representation(instance), "preview_url": links.preview_url}
        blanks = {name: shown[name] or None for name in ("url", "filename", "content_type")}
        return {**shown, **blanks, "download_url": links.download_url}


class RestoreInput(DuplicateInput):
    """What to restore."""

    example: ClassVar = {"removed_id": 7}

    removed_id = NumberField()


class RemovedView(GenericAPIView[RemovedAttachment]):
    """What was removed from one set a short while ago."""

    serializer_class = RemovedAttachmentSerializer
    filter_backends = ()
    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    @operation("list_removed_attachments", answer=RemovedAttachmentSerializer(many=True), errors=SET_NOT_FOUND)
    def get(self, request: Request, set_id: int) -> Response:
        """What was deleted from a set or replaced in it and can still be restored, the latest first."""
        rows = find_set(set_id).removed.latest_first()
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation(
        "restore_attachment",
        body=RestoreInput,
        answer=AttachmentSerializer,
        errors={404: ["unknown_attachment_set", "unknown_removed_attachment"], 409: ["already_in_set"]},
    )
    def post(self, request: Request, set_id: int) -> Response:
        """Bring it back under its old number, to its place and, if it was, as the cover. Undoes a replacement, too."""
        wish = RestoreInput(data=request.data)
        wish.is_valid(raise_exception=True)
        attachment = services.restore(
            set_id=set_id,
            removed_id=wish.validated_data["removed_id"],
            refuse_duplicate=wish.validated_data["on_duplicate"] == "refuse",
            permissions=Permissions.of(request.user),
        )
        return Response(AttachmentSerializer(attachment).data)
