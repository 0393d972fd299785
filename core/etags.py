"""Entity tags of what is answered."""

from django.http import HttpRequest
from django.utils.cache import get_conditional_response


def not_modified(request: HttpRequest, etag: str) -> bool:
    """Whether the client has this version already (RFC 9110, section 13.1.2)."""
    # Django's 412 is not used: it comes for If-Unmodified-Since, too, of which nothing here has a date.
    response = get_conditional_response(request, etag=etag)
    return response is not None and response.status_code == 304
