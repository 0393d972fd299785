"""Attachment sets, attachments, and the base class of everything that owns a set."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, router, transaction
from django.db.models.functions import Now

from attachments.kinds import Kind
from attachments.querysets import AttachmentQuerySet, AttachmentSetQuerySet, RemovedAttachmentQuerySet
from cas.models import Blob
from core.errors import NotFoundError
from core.prepared import PreparedModel, PreparedQuery
from core.validators import single_line

# The key that the schema migration gave to a legacy picture or PDF without one.
MISSING_KEY_PREFIX = "missing/"
# The address that it gave to a legacy link without one, and to a file of a type that it did not know.
MISSING_URL_PREFIX = "missing:"


class AttachmentSet(PreparedModel):
    """The attachments of one owner, and which of them is the cover."""

    cover_attachment = models.ForeignKey(
        "Attachment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AttachmentSetQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Attachments of {self.owner or 'nobody'}"

    @property
    def owner(self) -> "AttachmentOwner | None":
        """The Part, Kit or whatever else has this set. One query per kind of owner, unless prefetched."""
        for model in owner_models():
            owner = _owner_of_kind(self, model)
            if owner is not None:
                return owner
        return None


class AttachmentContent(PreparedModel):
    """What an attachment is: the same for one that is in its set and for one that was removed from it."""

    class Type(models.TextChoices):
        IMAGE = "image", "image"
        PDF = "pdf", "PDF"
        URL = "url", "link"
        FILE = "file", "file"

    attachment_type = models.CharField("type", max_length=5, choices=Type)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.OTHER, db_default=Kind.OTHER)
    title = models.CharField(max_length=255, validators=[single_line])
    url = models.CharField(
        "address",
        max_length=2000,
        blank=True,
        validators=[single_line, URLValidator(schemes=["http", "https"])],
    )
    filename = models.CharField("file name", max_length=255, blank=True, validators=[single_line])
    content_type = models.CharField(max_length=100, blank=True)
    file_size = models.BigIntegerField("size in bytes", null=True, blank=True)
    legacy_key = models.CharField(max_length=500, blank=True)
    position = models.PositiveIntegerField(default=0)

    # Each has a key of its own, by whose name the content knows its rows.
    blob: Any
    blob_id: str | None

    class Meta:
        abstract = True

    @classmethod
    def content_fields(cls) -> tuple[str, ...]:
        """The names of the columns that both kinds of rows have, in the form in which one is copied to the other."""
        return (*(field.attname for field in AttachmentContent._meta.fields), "blob_id")

    @property
    def has_content(self) -> bool:
        """Whether bytes belong to it, in the content store or still in the legacy store."""
        return self.blob_id is not None or (
            bool(self.legacy_key) and not self.legacy_key.startswith(MISSING_KEY_PREFIX)
        )

    @property
    def web_url(self) -> str:
        """The address, when a page may link to it: legacy rows hold whatever was typed, `javascript:` included."""
        return self.url if self.url.startswith(("http://", "https://")) else ""

    @property
    def has_image(self) -> bool:
        """Whether a picture can be made of its own content, which is what a cover needs."""
        return self.has_content and (self.attachment_type == self.Type.IMAGE or self.content_type.startswith("image/"))


class Attachment(AttachmentContent):
    """An image, a PDF, another file or a link in a set.

    `legacy_key` without a blob: not migrated to content addressing; with a blob: migrated, the old object may still
    be there; blank: cleaned up, or never had one.
    """

    attachment_set = models.ForeignKey(AttachmentSet, on_delete=models.CASCADE, related_name="attachments")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Not stored: what the person who added it should know, and whether its set loses the cover while it is deleted. The
    # latter is None until somebody looks who has locked the set.
    notice: str | None = None
    was_cover: bool | None = None

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(attachment_type="url") | ~models.Q(url=""),
                name="attachment_link_has_an_address",
                violation_error_message="A link needs an address.",
            ),
            models.CheckConstraint(
                condition=models.Q(attachment_type="url") | models.Q(blob__isnull=False) | ~models.Q(legacy_key=""),
                name="attachment_file_has_content",
                violation_error_message="A file needs its content.",
            ),
            models.CheckConstraint(condition=models.Q(file_size__gte=0), name="attachment_file_size_not_negative"),
            models.CheckConstraint(
                condition=models.Q(attachment_type__in=["image", "pdf", "url", "file"]),
                name="attachment_type_is_known",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="attachment_kind_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["attachment_set", "position", "id"], name="attachment_set_order"),
            # The clean-up asks who shares a key. Afterwards nothing is in it.
            models.Index(fields=["legacy_key"], condition=~models.Q(legacy_key=""), name="attachment_legacy_key"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.attachment_set.owner or 'no owner'})"


class RemovedAttachment(AttachmentContent):
    """What an attachment was before it was deleted or got another file, for as long as `KEEP_REMOVED` says.

    It refers to the blob like any other row, so the collector leaves the content alone. It goes with its set.
    """

    attachment_set = models.ForeignKey(AttachmentSet, on_delete=models.CASCADE, related_name="removed")
    # Under which it comes back. No foreign key: the row is gone, or has another file by now.
    attachment_id = models.BigIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, blank=True, related_name="removed_attachments")
    was_cover = models.BooleanField()
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(db_default=Now())

    objects = RemovedAttachmentQuerySet.as_manager()

    class Meta:
        # Whoever may add attachments may bring them back.
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["removed_at"], name="removed_attachment_age")]

    def __str__(self) -> str:
        return f"{self.title} ({self.attachment_set.owner or 'no owner'}), recently removed"

    @classmethod
    def keep(cls, attachment: Attachment, *, was_cover: bool, using: str | None = None) -> "RemovedAttachment":
        """Keep what the attachment is now, in the transaction that deletes it or gives it another file."""
        content = {name: getattr(attachment, name) for name in cls.content_fields()}
        return cls.objects.using(using).create(
            **content,
            attachment_set_id=attachment.attachment_set_id,
            attachment_id=attachment.pk,
            was_cover=was_cover,
            created_at=attachment.created_at,
        )

    @property
    def kept_until(self) -> datetime:
        """From then on it may be gone for good."""
        kept: datetime = self.removed_at + settings.KEEP_REMOVED
        return kept

    @property
    def has_content(self) -> bool:
        """Whether it can be shown; an object of the legacy store is found by its attachment only."""
        return self.blob_id is not None


class MigrationFailure(models.Model):
    """Why an attachment could not be moved to content addressing, until it is.

    No foreign key: the way back to the legacy schema empties the attachments without knowing this table.
    """

    attachment_id = models.BigIntegerField(primary_key=True)
    legacy_key = models.CharField(max_length=500)
    reason = models.CharField(max_length=20)
    failed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"attachment {self.attachment_id}: {self.reason}"


class LegacyDeletion(models.Model):
    """An old object that the clean-up has begun to delete, until its key is cleared.

    Found gone, it is known to have been deleted, and not merely looked for in the wrong place.
    """

    legacy_key = models.CharField(primary_key=True, max_length=500)
    begun_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.legacy_key


class AttachmentOwner(PreparedModel):
    """Whatever has attachments: inherit, and every row has a set of its own from the moment it is saved."""

    attachment_set = models.OneToOneField(AttachmentSet, on_delete=models.PROTECT, editable=False)

    # Not stored: what a list of the admin shows beside the row (`attachments.admin.lists`).
    list_picture: str | None = None
    attachment_total = 0

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the owner and, for a new one, its set in the same transaction.

        Raises ValidationError when another owner has the set already, NotFoundError when the owner was deleted.
        """
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        makes_set = self.attachment_set_id is None
        try:
            with transaction.atomic(using=using):
                if makes_set:
                    self.attachment_set = AttachmentSet.objects.using(using).create()
                else:
                    self._refuse_a_shared_set(using)
                super().save(*args, **kwargs)
        except BaseException:
            if makes_set:
                # The set went with the transaction; saving again must make another.
                self.attachment_set = None  # type: ignore[assignment]
            raise

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Validate all but the set, which `save()` makes."""
        super().clean_fields(exclude={*(exclude or ()), "attachment_set"})

    def _refuse_a_shared_set(self, using: str) -> None:
        if not self._state.adding:
            # The owner before its set, in the order in which a delete takes them.
            rows = type(self)._base_manager.using(using).select_for_update(no_key=True)
            stored = rows.filter(pk=self.pk).values_list("attachment_set_id").first()
            if stored is None:
                raise NotFoundError("This was deleted a moment ago.")
            if stored == (self.attachment_set_id,):
                return
        # A one-to-one per table does not stop a Part and a Kit from sharing a set. The lock makes savers take turns.
        AttachmentSet.objects.using(using).select_for_update().filter(pk=self.attachment_set_id).first()
        for model in owner_models():
            owners: models.QuerySet[Any] = model._base_manager.using(using)
            if model is type(self):
                owners = owners.exclude(pk=self.pk)
            if owners.filter(attachment_set_id=self.attachment_set_id).exists():
                fault = ValidationError("Another owner has this attachment set already.", code="set_in_use")
                raise ValidationError({"attachment_set": fault})


def owner_models() -> list[type[AttachmentOwner]]:
    """Every concrete model that owns a set."""
    return [model for model in apps.get_models() if issubclass(model, AttachmentOwner)]


@cache
def _owned_by(model: type[AttachmentOwner]) -> PreparedQuery[AttachmentOwner]:
    return PreparedQuery(lambda set_id: model._base_manager.filter(attachment_set=set_id))


def _owner_of_kind(attachment_set: AttachmentSet, model: type[AttachmentOwner]) -> AttachmentOwner | None:
    """As Django's accessor: remembered on both sides."""
    field: Any = model._meta.get_field("attachment_set")
    reverse = field.remote_field
    if not reverse.is_cached(attachment_set):
        owner = _owned_by(model).first(attachment_set.pk)
        reverse.set_cached_value(attachment_set, owner)
        if owner is not None:
            field.set_cached_value(owner, attachment_set)
    found: AttachmentOwner | None = reverse.get_cached_value(attachment_set)
    return found


def owner_accessor(model: type[AttachmentOwner]) -> str:
    """The name under which a set reaches its owner of this kind."""
    name = model._meta.get_field("attachment_set").remote_field.get_accessor_name()
    return str(name)
