"""JSON in and out of sets, attachments and covers."""

from collections.abc import Iterable
from typing import Any, ClassVar

from rest_framework import serializers

from attachments.content_urls import cover_url, links_of
from attachments.kinds import Kind
from attachments.models import Attachment, AttachmentSet
from core.api.fields import FlagField, NumberField, TextField, WebURLField
from core.validators import single_line


def _text_or_null(what: str) -> serializers.CharField:
    return serializers.CharField(read_only=True, allow_null=True, help_text=what)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """An attachment with its links. Storage keys stay here."""

    # The fields are for the schema: to ask each of them for its value takes ten times as long.

    attachment_set_id = serializers.IntegerField(read_only=True)
    url = _text_or_null("The source of a link or of a fetched file.")
    filename = _text_or_null("The name it was uploaded under, cleaned.")
    content_type = _text_or_null("The type that the bytes show, or null.")
    sha256 = serializers.CharField(source="blob_id", read_only=True, allow_null=True)
    attachment_url = serializers.CharField(read_only=True, allow_null=True)
    download_url = serializers.CharField(read_only=True, allow_null=True)
    thumbnail_url = serializers.CharField(read_only=True, allow_null=True)
    preview_url = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Attachment
        fields: tuple[str, ...] = (
            "id",
            "attachment_set_id",
            "attachment_type",
            "kind",
            "title",
            "position",
            "url",
            "filename",
            "content_type",
            "file_size",
            "sha256",
            "attachment_url",
            "download_url",
            "thumbnail_url",
            "preview_url",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def to_representation(self, instance: Attachment) -> dict[str, Any]:
        """The row, and the links of `attachments.content_urls`."""
        links = links_of(instance)
        return {
            "id": instance.pk,
            "attachment_set_id": instance.attachment_set_id,
            "attachment_type": instance.attachment_type,
            "kind": instance.kind,
            "title": instance.title,
            "position": instance.position,
            "url": instance.url or None,
            "filename": instance.filename or None,
            "content_type": instance.content_type or None,
            "file_size": instance.file_size,
            "sha256": instance.blob_id,
            "attachment_url": links.attachment_url,
            "download_url": links.download_url,
            "thumbnail_url": links.thumbnail_url,
            "preview_url": links.preview_url,
            "created_at": instance.created_at,
            "updated_at": instance.updated_at,
        }


class AddedLinkSerializer(AttachmentSerializer):
    """What was added; of a link also what it became and what the person who added it should know."""

    notice = serializers.CharField(required=False, allow_null=True)

    class Meta(AttachmentSerializer.Meta):
        fields = (*AttachmentSerializer.Meta.fields, "notice")
        read_only_fields = fields

    def to_representation(self, instance: Attachment) -> dict[str, Any]:
        """The same with the notice."""
        return {**super().to_representation(instance), "notice": instance.notice}


class AttachmentSetSerializer(serializers.ModelSerializer[AttachmentSet]):
    """A set and everything in it."""

    cover_attachment_id = serializers.IntegerField(read_only=True, allow_null=True)
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = AttachmentSet
        fields = ("id", "cover_attachment_id", "attachments", "created_at", "updated_at")


def set_json(attachment_set: AttachmentSet, attachments: Iterable[Attachment]) -> dict[str, Any]:
    """The set with these attachments, as AttachmentSetSerializer describes it to the schema."""
    of_attachment = AttachmentSerializer().to_representation
    return {
        "id": attachment_set.pk,
        "cover_attachment_id": attachment_set.cover_attachment_id,
        "attachments": [of_attachment(attachment) for attachment in attachments],
        "created_at": attachment_set.created_at,
        "updated_at": attachment_set.updated_at,
    }


class CoverSerializer(serializers.Serializer[AttachmentSet]):
    """Which attachment is the cover, and its picture."""

    cover_attachment_id = serializers.IntegerField(read_only=True, allow_null=True)
    cover_url = serializers.SerializerMethodField()

    def get_cover_url(self, attachment_set: AttachmentSet) -> str | None:
        """The URL of the cover's thumbnail, or null."""
        return cover_url(attachment_set.cover_attachment)


class TitleField(TextField):
    """What a person calls the attachment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, validators=[single_line], **kwargs)


class DuplicateInput(serializers.Serializer[Any]):
    """Whether a content that the set has already is added once more, or refused with 409."""

    on_duplicate = serializers.ChoiceField(choices=["add", "refuse"], default="add")


class UploadInput(DuplicateInput):
    """The text that comes with a file."""

    kind = serializers.ChoiceField(Kind.choices, required=False)

    title = TitleField(required=False, allow_blank=True, default="")


class LinkInput(DuplicateInput):
    """A link to add."""

    example: ClassVar = {"url": "https://www.example.com/ne555", "title": "The maker’s page"}

    kind = serializers.ChoiceField(Kind.choices, required=False)
    url = WebURLField(max_length=2000, validators=[single_line])
    title = TitleField(required=False, allow_blank=True, allow_null=True, default="")


class AttachmentInput(serializers.Serializer[Any]):
    """The new title of an attachment, what it is for, and its place in the set."""

    example: ClassVar = {"title": "Seen from the front"}

    title = TitleField()
    kind = serializers.ChoiceField(Kind.choices, required=False)
    position = NumberField(required=False, min_value=0)


class CoverInput(serializers.Serializer[Any]):
    """A new cover; null clears it."""

    example: ClassVar = {"attachment_id": 12}

    attachment_id = NumberField(allow_null=True)


class CopyInput(DuplicateInput):
    """What to copy into a set."""

    example: ClassVar = {"attachment_id": 12, "set_as_cover": False}

    attachment_id = NumberField()
    set_as_cover = FlagField(default=False)
