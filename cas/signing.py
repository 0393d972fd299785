"""Signed URLs of contents. They never change, so responses may be cached for ever.

`sig` is HMAC-SHA256 (RFC 2104), cut to 16 bytes, in base64url without padding, over the digest, content type and file
name. A thumbnail's URL has neither type nor name and signs them as null, so it cannot be turned into the URL of the
original.
"""

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

_SIGNATURE_BYTES = 16


def content_url(digest: str, content_type: str, filename: str) -> str:
    """The path and query under which the content is viewed; `&disposition=attachment` makes it a download."""
    query = {"content_type": content_type, "filename": filename, "sig": sign(digest, content_type, filename)}
    return f"{_path(digest)}?{urlencode(query)}"


def thumbnail_url(digest: str, size: int) -> str:
    """The path and query of a JPEG that fits in a square of `size` pixels. Another `&thumbnail=N` may be appended."""
    # Neither has anything to escape.
    return f"{_path(digest)}?thumbnail={size}&sig={sign(digest, None, None)}"


def _path(digest: str) -> str:
    return _prefix(get_urlconf(), get_script_prefix()) + digest


@lru_cache(maxsize=8)
def _prefix(urlconf: str | None, script_prefix: str) -> str:
    """What stands before the digest. (A list has a thousand addresses, and `reverse` takes its time.)"""
    return reverse("cas-content", args=["_"]).removesuffix("_")


def sign(digest: str, content_type: str | None, filename: str | None) -> str:
    """The signature, by the newest key."""
    return _signature(_keys()[0], digest, content_type, filename)


def is_signed(signature: str, digest: str, content_type: str | None, filename: str | None) -> bool:
    """Whether one of the keys, of which there are never none, made the signature."""
    return any(
        hmac.compare_digest(
            _signature(key, digest, content_type, filename).encode(), signature.encode(errors="replace")
        )
        for key in _keys()
    )


def _signature(key: bytes, *message: str | None) -> str:
    # JSON keeps the three apart: no part can run into the next.
    mac = hmac.digest(key, json.dumps(message).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac[:_SIGNATURE_BYTES]).rstrip(b"=").decode()


def _keys() -> tuple[bytes, ...]:
    return _derived(tuple(settings.CAS_URL_KEYS), (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _derived(own: tuple[str, ...], secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    if own:
        return tuple(key.encode() for key in own)
    return tuple(hmac.digest(secret.encode(), b"cas.addresses", hashlib.sha256) for secret in secrets)
