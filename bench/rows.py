"""The cases of `writes` that are about rows: a part, a set, an attachment."""

from collections.abc import Iterator

from bench.files import document
from bench.site import Case, Site

_SMALL = 10_000
_DELETIONS = 40


def cases(site: Site) -> Iterator[Case]:
    """Each beside an empty view."""
    yield Case("a part: create", site.new_part, 4)
    part = site.new_part()
    files = f"/api/attachment-sets/{part['attachment_set_id']}/attachments"
    for _ in range(5):
        attachment = site.upload(files, document(_SMALL), "datasheet.pdf")
    yield Case("a part: read", lambda: site.json("GET", f"/api/parts/{part['key']}"), 2.5)
    yield Case("a set of five: read", lambda: site.json("GET", files.removesuffix("/attachments")), 3)
    deletions = _Deletions(site, attachment["id"])
    yield Case("an attachment: delete", deletions.delete, 3.5, prepare=deletions.prepare, times=_DELETIONS)


class _Deletions:
    """Attachments to delete, of a set of their own."""

    def __init__(self, site: Site, original: int) -> None:
        self._site = site
        self._set = f"/api/attachment-sets/{site.new_part()['attachment_set_id']}"
        self._original = original
        self._there: list[int] = []

    def prepare(self) -> None:
        """Have as many as a round deletes."""
        while len(self._there) < _DELETIONS:
            copy = self._site.json("POST", f"{self._set}/copies", {"attachment_id": self._original}, 201)
            self._there.append(copy["id"])

    def delete(self) -> None:
        """Delete one of them."""
        self._site.json("DELETE", f"{self._set}/attachments/{self._there.pop()}", status=204)
