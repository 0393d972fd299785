"""A whole installation in a process of its own: `python -m tests.protocol.tenant STEP…`, with its variables set.

Prints one line of JSON: of each step what it said, or the sentence with which it was refused.
"""

import json
import os
import sys
from io import StringIO
from typing import Any

import django

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402
from django.test import Client  # noqa: E402

from attachments.content_urls import links_of  # noqa: E402
from attachments.models import Attachment  # noqa: E402
from cas.protocol import attach  # noqa: E402
from cas.storage import cas_storage  # noqa: E402
from cas.storage.staging import stage_chunks  # noqa: E402
from core.errors import InventoryError  # noqa: E402
from tests.plugins.blobs import refer_to  # noqa: E402


def upload(first: str, last: str) -> str:
    for number in range(int(first), int(last)):
        staged = stage_chunks(cas_storage().staging_dir, [f"content {number}".encode()])
        try:
            attach.attach(staged, refer_to)
        finally:
            staged.close()
    return "uploaded"


def command(*arguments: str) -> str:
    output, errors = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=output, stderr=errors)
    except SystemExit:
        return errors.getvalue()
    return output.getvalue() + errors.getvalue()


def ready() -> Any:
    answer = Client().get("/health/ready", headers={"Host": "localhost"})
    return [answer.status_code, answer.json().get("binding")]


def read() -> list[int]:
    """The statuses of everything that this database knows."""
    return [
        Client().get(links_of(attachment).attachment_url or "", headers={"Host": "localhost"}).status_code
        for attachment in Attachment.objects.select_related("blob")
    ]


def main() -> None:
    said = []
    for step in sys.argv[1:]:
        name, *arguments = step.split()
        try:
            own = {"upload": upload, "ready": ready, "read": read}.get(name)
            said.append(own(*arguments) if own else command(name, *arguments))  # type: ignore[operator]
        except (CommandError, InventoryError) as error:
            said.append(str(error))
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    # Or Python would first free all that Django has read, which takes half a second.
    os._exit(0)


main()
