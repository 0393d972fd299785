"""What a list costs beside its one SQL statement, made and run by Django, and `json.dumps` of the answer."""

import hashlib
import json
from collections.abc import Iterator

from attachments.models import Attachment, AttachmentSet
from bench.results import Figure
from bench.views import answer_of, empty_site, median_cost
from cas.models import Blob
from parts.api.rows import rows_of_parts
from parts.api.views import PartsView
from parts.models import Part, PartType, Tag

_PARTS = 1000
_ROUNDS = 15


def measure() -> Iterator[Figure]:
    """Processor time of the view, without middleware, for a page of parts with covers, types and tags."""
    with empty_site():
        _fill()
        for rows in (50, _PARTS):
            yield _figure(rows)


def _fill() -> None:
    part_type, tags = (
        PartType.objects.create(name="Resistor"),
        [Tag.objects.create(name=name) for name in ("smd", "film")],
    )
    sets = AttachmentSet.objects.bulk_create(AttachmentSet() for _ in range(_PARTS))
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(_PARTS)]
    Blob.objects.bulk_create(Blob(digest=digest, size=10_000) for digest in digests)
    covers = Attachment.objects.bulk_create(
        Attachment(
            attachment_set=attachment_set,
            attachment_type="image",
            title="Photo",
            filename="photo.jpg",
            content_type="image/jpeg",
            file_size=10_000,
            blob_id=digest,
        )
        for attachment_set, digest in zip(sets, digests, strict=True)
    )
    for attachment_set, cover in zip(sets, covers, strict=True):
        attachment_set.cover_attachment = cover
    AttachmentSet.objects.bulk_update(sets, ["cover_attachment"], batch_size=100)
    letters = "ABCDEFGHIJ"
    parts = Part.objects.bulk_create(
        Part(
            key="A" + "".join(letters[int(digit)] for digit in f"{number:03}"),
            description=f"{number} Ω resistor, 1 %, 100 mW, for general use",
            manufacturer_code=f"RC0603-{number:04}",
            manufacturer="Yageo",
            package="0603",
            type=part_type,
            attachment_set=attachment_set,
        )
        for number, attachment_set in enumerate(sets)
    )
    Part.tags.through.objects.bulk_create(Part.tags.through(part=part, tag=tag) for part in parts for tag in tags)


def _figure(rows: int) -> Figure:
    view = PartsView.as_view()

    def ours() -> bytes:
        body = answer_of(view, "/api/parts", {"limit": rows})
        if body.count(b"cover_url") != rows:
            raise RuntimeError("the list is not what it should be")
        return body

    result = json.loads(ours())

    def alone() -> None:
        list(rows_of_parts().order_by("id")[:rows])
        json.dumps(result)

    return Figure(
        f"a list of {rows} parts with covers",
        median_cost(ours, _ROUNDS),
        "ms",
        median_cost(alone, _ROUNDS),
        "its one statement and json.dumps",
        6.0,
    )
