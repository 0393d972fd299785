"""Entity tags of plain Django views."""

from django.http import HttpRequest


def not_modified(request: HttpRequest, etag: str) -> bool:
    """Whether the client has this version already (RFC 9110, section 13.1.2)."""
    header = request.headers.get("If-None-Match", "")
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return any(tag in ("*", etag) for tag in tags)
