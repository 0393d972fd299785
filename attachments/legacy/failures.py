"""Why a row stays as it is, and what is remembered of it."""

import structlog
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, TextChoices
from django.db.models.functions import Now

from attachments.models import Attachment, MigrationFailure
from cas.errors import ContentBusyError, StorageUnavailableError
from core.errors import CannotProcessError

logger = structlog.get_logger(__name__)


class Reason(TextChoices):
    """What went wrong. Only the missing ones are passed over by later runs; the others may work next time."""

    MISSING = "missing", "the old object is not there"
    UNREADABLE = "unreadable", "the old object cannot be read"
    CHANGED = "changed", "the old object is not what it was"
    NOT_STORED = "not_stored", "the content store did not take it"
    BUSY = "busy", "this content is just being removed from the content store"
    DATABASE = "database", "the database failed"
    UNEXPECTED = "unexpected", "an error in the program, see the log"
    # Of the clean-up:
    ALREADY_GONE = "already_gone", "the old object is not there; the key is kept"
    ODD_KEY = "odd_key", "the legacy key may mean another one's object; it is left alone"
    UNMIGRATED = "unmigrated", "another attachment with this key is not migrated"
    REMOVED = "removed", "a removed attachment, which may still be restored, has its content only there"
    DAMAGED = "damaged", "the content store has it damaged, and the old object is not the same any more"
    NOT_DELETED = "not_deleted", "the old object could not be deleted"


# Reasons that may be the surroundings' and not the row's.
OF_THE_SURROUNDINGS = frozenset({Reason.UNREADABLE, Reason.NOT_STORED, Reason.DATABASE, Reason.NOT_DELETED})


class RowError(CannotProcessError):
    """This row failed, the others need not."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.label)
        self.reason = reason


def reason_of(error: Exception) -> Reason:
    """What to call the error, after which the connection is fit for the next row."""
    if isinstance(error, RowError):
        return error.reason
    if isinstance(error, StorageUnavailableError):
        return Reason.NOT_STORED
    if isinstance(error, ContentBusyError):
        return Reason.BUSY
    if isinstance(error, DatabaseError):
        connection.close_if_unusable_or_obsolete()
        return Reason.DATABASE
    return Reason.UNEXPECTED


def remember(attachment_id: int, legacy_key: str, reason: Reason) -> None:
    """Keep the reason. When the database fails here, too, the next run tries the row again."""
    try:
        MigrationFailure.objects.update_or_create(
            attachment_id=attachment_id, defaults={"legacy_key": legacy_key, "reason": reason, "failed_at": Now()}
        )
    except DatabaseError:
        logger.exception("migration_failure_not_kept", attachment_id=attachment_id)
        connection.close_if_unusable_or_obsolete()


def forget_what_is_over() -> None:
    """Delete what is known of attachments that are gone or migrated."""
    waiting = Attachment.objects.filter(pk=OuterRef("attachment_id"), blob=None, legacy_key=OuterRef("legacy_key"))
    MigrationFailure.objects.filter(~Exists(waiting)).delete()
