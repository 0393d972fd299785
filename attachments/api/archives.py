"""The attachments of something, as a ZIP to download."""

from collections.abc import Callable, Iterable

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from attachments.api.negotiation import WhateverIsAccepted
from attachments.api.schema import UNKNOWN_SET, ZIP, operation
from attachments.api.views import find_set
from attachments.archive import archive
from attachments.models import Attachment
from cas.filenames import clean_filename, content_disposition


class ArchiveView(APIView):
    """A ZIP of files."""

    content_negotiation_class = WhateverIsAccepted

    def answer(
        self,
        request: Request,
        name: str,
        attachments: Iterable[Attachment],
        folder: Callable[[Attachment], str] | None = None,
    ) -> HttpResponseBase:
        """The ZIP under this name, which may be any text. Raises StorageUnavailableError before anything is sent."""
        made = archive(attachments, folder=folder)
        response = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(iter(made))
        response["Content-Type"] = "application/zip"
        response["Content-Length"] = str(made.size)
        response["Content-Disposition"] = content_disposition("attachment", f"{_stem(name)}.zip")
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _stem(name: str) -> str:
    """Only a name: what looks like a path is none."""
    return clean_filename(name.replace("/", "_").replace("\\", "_"), default="files")


class SetArchiveView(ArchiveView):
    """The files of one set."""

    @operation("get_attachment_set_archive", answer=ZIP, errors={**UNKNOWN_SET, 500: ["storage_unavailable"]})
    def get(self, request: Request, set_id: int) -> HttpResponseBase:
        """All files of a set as a ZIP, and a manifest with their hashes."""
        attachment_set = find_set(set_id)
        return self.answer(request, f"attachments-{set_id}", attachment_set.attachments.in_order())
