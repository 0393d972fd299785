"""Content that is not in the content store yet, served from the legacy store until it is migrated."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.api.views import find_attachment
from attachments.legacy import legacy_storage
from attachments.links import links_of
from attachments.models import Attachment
from cas.addresses import thumbnail_address
from cas.errors import BlobNotFoundError
from cas.serving import DOWNLOAD_TYPE, Asked, content_headers, thumbnail_response, whole

# It may be migrated, or deleted, at any time.
_CACHE = "private, no-cache"


class LegacyContentView(APIView):
    """The same query and headers as a content address, but with login and database, and not cached for ever."""

    def get(self, request: Request, set_id: int, attachment_id: int) -> HttpResponseBase:
        """The bytes, or a thumbnail; the content address once it is migrated."""
        attachment = find_attachment(set_id, attachment_id)
        asked = Asked.parse(request.GET)
        if attachment.blob_id is None:
            try:
                return _from_legacy_store(request._request, attachment, asked)
            except BlobNotFoundError:
                # It may have been migrated, and the old object deleted, since the row was read.
                attachment = find_attachment(set_id, attachment_id)
                if attachment.blob_id is None:
                    raise
        return HttpResponseRedirect(_migrated_address(attachment, attachment.blob_id, asked))

    head = get


def _migrated_address(attachment: Attachment, digest: str, asked: Asked) -> str:
    if asked.thumbnail:
        return thumbnail_address(digest, asked.thumbnail)
    # With the row's own type and name: nobody gets a signature for what they ask.
    links = links_of(attachment)
    return (links.download_url if asked.as_download else links.attachment_url) or ""


def _from_legacy_store(request: HttpRequest, attachment: Attachment, asked: Asked) -> HttpResponseBase:
    if not attachment.legacy_key:
        raise BlobNotFoundError
    if asked.thumbnail:
        return thumbnail_response(
            request,
            f"legacy-{attachment.pk}",
            asked,
            lambda: legacy_storage().open_object(attachment.legacy_key)[0],
            etag=None,
            cache=_CACHE,
        )
    # The row knows its type; the client does not decide it.
    asked = replace(asked, content_type=attachment.content_type or DOWNLOAD_TYPE)
    return content_headers(_original(request, attachment.legacy_key), asked, etag=None, cache=_CACHE)


def _original(request: HttpRequest, key: str) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(legacy_storage().stat(key).size)})
    file, found = legacy_storage().open_object(key)
    return whole(request, file, found.size)
