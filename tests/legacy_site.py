"""A site of the old system: its database in the legacy schema, and the objects that the rows name.

By hand, with the environment of the site that is to be made, and an empty database:

    INVENTORY_DATA_DIR=/tmp/site .venv/bin/python -m tests.legacy_site --parts 4000 --attachments 10000
"""

import argparse
import random
import string
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

ROWS_AT_ONCE = 2000
NOBODYS = 10**9


def _picture() -> bytes:
    output = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(output, "PNG")
    return output.getvalue()


_PICTURE = _picture()


@dataclass(frozen=True)
class LegacySite:
    """What the site has, by the numbers of its parts and attachments, which count from 1. The same at every call.

    Every third attachment has the content of the one before. With `odd` there is also what years leave behind.
    """

    parts: int
    attachments: int
    odd: bool = False
    max_bytes: int = 40_000

    def part_of(self, number: int) -> int:
        """The part that an attachment belongs to."""
        return (number - 1) % self.parts + 1

    def kind_of(self, number: int) -> str:
        """An image or a PDF."""
        return "pdf" if _content(number) % 4 == 0 else "image"

    def key_of(self, number: int) -> str:
        """Where the old system put it. On an odd site some share one key."""
        if self._shares_its_key(number):
            number -= 1
        accent = "ünï côdé 電/" if self.odd and number % 97 == 5 else ""
        name = UUID(int=random.Random(number).getrandbits(128))
        ending = "pdf" if self.kind_of(number) == "pdf" else "png"
        return f"parts/{self.part_of(number)}/attachments/{accent}{name}.{ending}"

    def bytes_of(self, number: int) -> bytes:
        """A picture or a document, up to `max_bytes` and a little more."""
        content = _content(number - 1 if self._shares_its_key(number) else number)
        chance = random.Random(content)
        head = b"%PDF-1.4\n" if self.kind_of(content) == "pdf" else _PICTURE
        return head + b"%d " % content + chance.randbytes(chance.randrange(1000, self.max_bytes))

    def objects(self) -> Iterator[int]:
        """One attachment for every object."""
        return (number for number in range(1, self.attachments + 1) if not self._shares_its_key(number))

    def insert(self, apps: Any) -> None:
        """Fill the tables of the legacy schema, which are empty, through historical models."""
        part, attachment, kit = (apps.get_model(name) for name in ("parts.Part", "parts.PartAttachment", "kits.Kit"))
        _insert(part, (self._part(number) for number in range(1, self.parts + 1)))
        _insert(attachment, (self._attachment(number) for number in range(1, self.attachments + 1)))
        _insert(kit, ({"name": f"Kit {number}"} for number in range(1, self.parts // 10 + 2)))
        _move_sequences(part, attachment)

    def _shares_its_key(self, number: int) -> bool:
        return self.odd and number % 211 == 2 and number > 1

    def _part(self, number: int) -> dict[str, Any]:
        text = "Wìderstand ¼ W, 電阻 \U0001f50c \u202e" if self.odd and number % 13 == 0 else "Resistor"
        cover = number if number % 3 == 0 and number <= self.attachments else None
        if self.odd and number % 9 == 0:
            cover = NOBODYS + number
        elif self.odd and number % 15 == 0:
            cover = number - 1
        return {
            "id": number,
            "key": _part_key(number),
            "description": f"{text} {number}",
            "manufacturer": None if number % 2 else "Yageo",
            "cover_attachment_id": cover,
        }

    def _attachment(self, number: int) -> dict[str, Any]:
        kind = self.kind_of(number)
        columns = {
            "id": number,
            "part_id": self.part_of(number),
            "attachment_type": kind,
            "title": f"Attachment {number}",
            "s3_key": self.key_of(number),
            "filename": f"file-{number}",
            "content_type": "application/pdf" if kind == "pdf" else "image/png",
            "file_size": 1234,
        }
        return columns | (_oddities(number) if self.odd else {})


def _content(number: int) -> int:
    return number - 1 if number % 3 == 0 else number


def _oddities(number: int) -> dict[str, Any]:
    """What some rows have instead of plain values."""
    found: dict[str, Any] = {}
    if number % 10 == 7:
        found |= {"attachment_type": "url", "s3_key": None, "url": f"https://example.com/{number}", "file_size": None}
    if number % 499 == 1:
        found |= {"attachment_type": "url", "s3_key": None, "url": None}
    if number % 997 == 3:
        found |= {"attachment_type": "image", "s3_key": None if number % 2 else ""}
    if number % 101 == 4:
        found |= {"title": "  ", "content_type": None, "filename": None}
    if number % 103 == 6:
        found |= {"attachment_type": "zip", "file_size": -5}
    if number % 107 == 8:
        found |= {"title": "Dätenblatt \U0001f4c4 电\u200b", "filename": "ﬁ\u00adle\u202e.pdf"}
    return found


def _part_key(number: int) -> str:
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters += string.ascii_uppercase[letter]
    return letters


def _insert(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    from attachments.migration_steps import given_timestamps

    beginning = datetime(2015, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)
    rows = iter(rows)
    done = 0
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        made = []
        for row in batch:
            done += 1
            then = beginning + timedelta(minutes=done)
            made.append(model(created_at=then, updated_at=then + timedelta(days=1), **row))
        with given_timestamps(model):
            model.objects.bulk_create(made)


def _move_sequences(*models: Any) -> None:
    """Rows with ids of their own do not move PostgreSQL's sequences."""
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def make_legacy_tables() -> Any:
    """Bring an empty database to the legacy schema, and return the historical models."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    targets = [("parts", "0001_initial"), ("kits", "0001_initial")]
    for app, migration in targets:
        call_command("migrate", app, migration, verbosity=0)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def put_objects(site: LegacySite) -> None:
    """Write every object into the legacy store of the settings, a folder or a bucket."""
    from django.core.files.storage import FileSystemStorage, storages

    storage: Any = storages["legacy"]

    def write(number: int) -> None:
        if isinstance(storage, FileSystemStorage):
            path = Path(storage.path(site.key_of(number)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(site.bytes_of(number))
        else:
            client.put_object(Bucket=storage.bucket, Key=site.key_of(number), Body=site.bytes_of(number))

    client: Any = None if isinstance(storage, FileSystemStorage) else storage._client("send")
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(write, site.objects()):
            pass


def main() -> None:
    """Make a site by hand."""
    import django

    parser = argparse.ArgumentParser(description="Makes a site of the old system, in the environment's database.")
    parser.add_argument("--parts", type=int, default=4000)
    parser.add_argument("--attachments", type=int, default=10_000)
    parser.add_argument("--max-bytes", type=int, default=40_000, help="about the size of the largest object")
    parser.add_argument("--odd", action="store_true", help="with what years leave behind")
    parser.add_argument("--no-objects", action="store_true", help="rows only")
    options = parser.parse_args()
    django.setup()
    site = LegacySite(options.parts, options.attachments, odd=options.odd, max_bytes=options.max_bytes)
    site.insert(make_legacy_tables())
    if not options.no_objects:
        put_objects(site)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")
    main()
