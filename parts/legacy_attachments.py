"""How a row of the legacy table reads as one of today's attachments, and the way back. For migrations only.

Nothing that a legacy row holds is lost. What today's table refuses gets a value that shows what is wrong:

- an image or PDF without a storage key: `legacy_key = "missing/<id>"`
- a link without an address: `url = "missing:<id>"`
- an unknown type: what its content type says, else a link, which may have content; the old one is in the log
- a negative size: no size; the old one is in the log
- a blank title: the file name, else the address, else "Attachment <id>"

A file that is neither picture nor PDF goes back as a PDF, which the legacy system offers for download, and is itself
again coming forward. Content without a legacy key goes back as the key `cas/<digest>`: by that it finds its blob
coming forward.
"""

import logging
import re
from typing import Any

logger = logging.getLogger(__name__)

TYPES = ("image", "pdf", "url")
TITLE_LENGTH = 255
_FILE_TYPE = "application/octet-stream"
_CAS_KEY = re.compile(r"cas/([0-9a-f]{64})")


def digest_in_key(row: Any) -> str | None:
    """Return the digest of the blob that the legacy row names, if it names one."""
    match = _CAS_KEY.fullmatch(row.s3_key or "")
    return match[1] if match else None


def todays_columns(row: Any, stored_digests: set[str]) -> dict[str, Any]:
    """Return today's columns but for the set and the position. Unknown digests stay legacy keys."""
    kind = _type(row)
    digest = digest_in_key(row)
    blob = digest if digest in stored_digests else None
    if blob and kind == "pdf" and row.content_type == _FILE_TYPE:
        kind = "file"
    key = "" if blob else row.s3_key or ""
    if kind != "url" and not (blob or key):
        key = _missing_key(row.id)
    url = row.url or ""
    if kind == "url" and not url.strip():
        url = _missing_url(row.id)
    return {
        "id": row.id,
        "attachment_type": kind,
        "title": _title(row),
        "url": url,
        "filename": row.filename or "",
        "content_type": row.content_type or "",
        "file_size": _size(row),
        "blob_id": blob,
        "legacy_key": key,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def legacy_columns(row: Any) -> dict[str, Any]:
    """Return the legacy columns but for the part. What is blank today is null there."""
    key = "" if row.legacy_key == _missing_key(row.id) else row.legacy_key
    if not key and row.blob_id:
        key = f"cas/{row.blob_id}"
    url = "" if row.url == _missing_url(row.id) else row.url
    return {
        "id": row.id,
        "attachment_type": "pdf" if row.attachment_type == "file" else row.attachment_type,
        "title": row.title,
        "s3_key": key or None,
        "url": url or None,
        "filename": row.filename or None,
        "content_type": row.content_type or None,
        "file_size": row.file_size,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _missing_key(attachment_id: int) -> str:
    return f"missing/{attachment_id}"


def _missing_url(attachment_id: int) -> str:
    return f"missing:{attachment_id}"


def _type(row: Any) -> str:
    kind: str = row.attachment_type.strip().lower()
    if kind in TYPES:
        return kind
    content_type = (row.content_type or "").lower()
    if content_type.startswith("image/"):
        kind = "image"
    else:
        kind = "pdf" if content_type.startswith("application/pdf") else "url"
    logger.warning("attachment %d: its type %r is unknown, it becomes %r", row.id, row.attachment_type, kind)
    return kind


def _title(row: Any) -> str:
    title: str = row.title
    if title.strip():
        return title
    # An address may be longer than a title.
    substitutes = (value[:TITLE_LENGTH] for value in (row.filename, row.url) if value and value.strip())
    return next(substitutes, f"Attachment {row.id}")


def _size(row: Any) -> int | None:
    size: int | None = row.file_size
    if size is not None and size < 0:
        logger.warning("attachment %d: its size is %d, which is none", row.id, size)
        return None
    return size
