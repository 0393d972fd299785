"""The files of a part, as a ZIP to download."""

from django.http import HttpResponseBase
from rest_framework.request import Request

from attachments.api.archives import ArchiveView
from parts.api.views import find_part


class PartArchiveView(ArchiveView):
    """The files of one part."""

    def get(self, request: Request, key: str) -> HttpResponseBase:
        """All of them, and a manifest with their hashes."""
        return self.answer(request, key, find_part(key).attachment_set.attachments.in_order())
