"""Content that is not in the content store yet, served from the legacy store until it is migrated."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.content_urls import links_of
from attachments.legacy.storage import legacy_storage
from attachments.models import Attachment
from attachments.services.locks import find_attachment
from cas.errors import BlobNotFoundError
from cas.media.filetypes import DOWNLOAD_TYPE
from cas.serving.headers import content_headers
from cas.serving.query import ContentQuery
from cas.serving.responses import thumbnail_response, whole_file
from cas.signing import thumbnail_url

# It may be migrated, or deleted, at any time.
_CACHE = "private, no-cache"


class LegacyContentView(APIView):
    """The same query and headers as a content's signed URL, but with login and database, and not cached for ever."""

    def get(self, request: Request, set_id: int, attachment_id: int) -> HttpResponseBase:
        """The bytes, or a thumbnail; a redirect to the signed URL once it is migrated."""
        attachment = find_attachment(set_id, attachment_id)
        query = ContentQuery.parse(request.GET)
        if attachment.blob_id is None:
            try:
                return _from_legacy_store(request._request, attachment, query)
            except BlobNotFoundError:
                # It may have been migrated, and the old object deleted, since the row was read.
                attachment = find_attachment(set_id, attachment_id)
                if attachment.blob_id is None:
                    raise
        return HttpResponseRedirect(_migrated_url(attachment, attachment.blob_id, query))

    head = get


def _migrated_url(attachment: Attachment, digest: str, query: ContentQuery) -> str:
    if query.thumbnail:
        return thumbnail_url(digest, query.thumbnail)
    # With the row's own type and name: nobody gets a signature for what they ask.
    links = links_of(attachment)
    return (links.download_url if query.as_download else links.attachment_url) or ""


def _from_legacy_store(request: HttpRequest, attachment: Attachment, query: ContentQuery) -> HttpResponseBase:
    if not attachment.legacy_key:
        raise BlobNotFoundError
    if query.thumbnail:
        return thumbnail_response(
            request,
            f"legacy-{attachment.pk}",
            query,
            lambda: legacy_storage().open_object(attachment.legacy_key)[0],
            etag=None,
            cache=_CACHE,
        )
    # The row knows its type; the client does not decide it.
    query = replace(query, content_type=attachment.content_type or DOWNLOAD_TYPE)
    return content_headers(_original(request, attachment.legacy_key), query, etag=None, cache=_CACHE)


def _original(request: HttpRequest, key: str) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(legacy_storage().stat(key).size)})
    file, found = legacy_storage().open_object(key)
    return whole_file(request, file, found.size)
