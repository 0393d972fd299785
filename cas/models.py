"""What the store holds (Blob), what is being deleted from it (Purge), what the commands found (CommandReport).

Every reference to a Blob is a foreign key with a database constraint and PROTECT, so that "who uses this blob" is what
Django knows of them (`cas.references`), complete by construction.
"""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

DIGEST_LENGTH = 64
DIGEST_PATTERN = r"^[0-9a-f]{64}$"


class Blob(models.Model):
    """One content that storage holds, under the SHA-256 of its bytes in lower-case hexadecimal.

    Rows are inserted only by `cas.protocol.attach`, deleted only by the collector.
    """

    digest = models.CharField("SHA-256", max_length=DIGEST_LENGTH, primary_key=True)
    size = models.BigIntegerField("size in bytes")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    condemned_at = models.DateTimeField(null=True, blank=True, editable=False)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    corrupt_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "stored file"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="blob_size_not_negative"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=DIGEST_PATTERN), name="blob_digest_is_lower_case_hex"
            ),
        ]
        indexes: ClassVar = [
            # The collector reads the marked ones, which are few, in the order of their digests.
            models.Index("digest", condition=models.Q(condemned_at__isnull=False), name="blob_condemned"),
            # For the admin: the newest and the biggest of a million.
            models.Index(fields=["created_at", "digest"], name="blob_created_at"),
            models.Index(fields=["size"], name="blob_size"),
        ]

    def __str__(self) -> str:
        return self.digest


class Purge(models.Model):
    """The tombstone of a blob whose object is being deleted. No foreign key: the Blob row is gone by then."""

    digest = models.CharField("SHA-256", max_length=DIGEST_LENGTH, primary_key=True)
    token = models.UUIDField()
    started_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.digest


class CommandReport(models.Model):
    """What a command said when it ran last: for the admin, `/health/ready` and `/metrics`, which must not count."""

    command = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField(db_default=Now())
    # Null while it runs, and after it was killed.
    finished_at = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict)
    # The first of each kind only; the summary has their numbers.
    findings = models.JSONField(default=list)

    class Meta:
        verbose_name = "storage report"
        # Its entry in the admin is the page about the store.
        verbose_name_plural = "storage"

    def __str__(self) -> str:
        return self.command
