"""What is counted about attachments."""

from prometheus_client import Counter, Histogram

CREATED = Counter("attachment_created_total", "Attachments made.", ["attachment_type", "owner"])
DELETED = Counter("attachment_deleted_total", "Attachments deleted.", ["attachment_type", "was_cover"])
UPLOAD_SECONDS = Histogram(
    "attachment_upload_duration_seconds",
    "From the received bytes to the committed row.",
    ["attachment_type"],
)
COVER_CHANGED = Counter("attachment_set_cover_changed_total", "Changes of a cover.", ["action"])
