"""The files of a part, as a ZIP to download."""

from django.http import HttpResponseBase
from rest_framework.request import Request

from attachments.api.archives import ArchiveView
from attachments.api.schema import ZIP, operation
from parts.api.views import find_part


class PartArchiveView(ArchiveView):
    """The files of one part."""

    @operation("get_part_archive", answer=ZIP, errors={500: ["storage_unavailable"]})
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """All files of a part as a ZIP, and a manifest with their hashes."""
        return self.answer(request, key, find_part(key).attachment_set.attachments.in_order())
