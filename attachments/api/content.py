"""Content that is not in the content store yet, served from the legacy store until it is migrated."""

import os
from dataclasses import replace
from typing import BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages
from django.http import HttpResponseBase, HttpResponseRedirect
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.api.views import find_attachment
from attachments.links import links_of
from attachments.models import Attachment
from cas.addresses import thumbnail_address
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.serving import DOWNLOAD_TYPE, Asked, content_headers, thumbnail_response, whole

# It may be migrated, or deleted, at any time.
_CACHE = "private, no-cache"


class LegacyContentView(APIView):
    """The same query and headers as a content address, but with login and database, and not cached for ever."""

    def get(self, request: Request, set_id: int, attachment_id: int) -> HttpResponseBase:
        """The bytes, or a thumbnail; the content address once it is migrated."""
        attachment = find_attachment(set_id, attachment_id)
        asked = Asked.parse(request.GET)
        if attachment.blob_id is not None:
            return HttpResponseRedirect(_migrated_address(attachment, attachment.blob_id, asked))
        if not attachment.legacy_key:
            raise BlobNotFoundError
        if asked.thumbnail:
            return thumbnail_response(
                request._request,
                f"legacy-{attachment.pk}",
                asked,
                lambda: open_legacy(attachment),
                etag=None,
                cache=_CACHE,
            )
        # The row knows its type; the client does not decide it.
        asked = replace(asked, content_type=attachment.content_type or DOWNLOAD_TYPE)
        file = open_legacy(attachment)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return content_headers(whole(request._request, file, size), asked, etag=None, cache=_CACHE)

    head = get


def _migrated_address(attachment: Attachment, digest: str, asked: Asked) -> str:
    if asked.thumbnail:
        return thumbnail_address(digest, asked.thumbnail)
    # With the row's own type and name: nobody gets a signature for what they ask.
    links = links_of(attachment)
    return (links.download_url if asked.as_download else links.attachment_url) or ""


def open_legacy(attachment: Attachment) -> BinaryIO:
    """The old object. Raises BlobNotFoundError, StorageUnavailableError."""
    try:
        return cast("BinaryIO", storages["legacy"].open(attachment.legacy_key, "rb"))
    except FileNotFoundError as error:
        raise BlobNotFoundError from error
    except (ClientError, BotoCoreError, OSError) as error:
        raise StorageUnavailableError from error
