"""Fault test 9: x and y, y and x, in one set, while everything is deleted and swept: nobody waits for ever."""

import os

import pytest

from attachments.errors import AttachmentNotFoundError
from attachments.models import Attachment
from cas.errors import ContentBusyError
from tests.plugins.database import at_once
from tests.protocol import harness
from tests.protocol.counts import tell

ROUNDS = 200 if "TORTURE_SECONDS" in os.environ else 3
X, Y = harness.document(1), harness.document(2)


@pytest.mark.django_db(transaction=True)
def test_uploads_crosswise_deletes_and_sweeps_end() -> None:
    # The S3 server of the tests would remove an empty folder under whoever is about to write into it.
    harness.upload(harness.document())
    set_id = harness.new_set()

    def send(*contents: bytes) -> None:
        for data in contents:
            try:
                harness.upload(data, set_id)
            except ContentBusyError:
                continue

    def clear() -> None:
        for row in Attachment.objects.filter(attachment_set=set_id).order_by("pk"):
            harness.delete(row)

    for _ in range(ROUNDS):
        results = at_once(
            lambda: send(X, Y), lambda: send(Y, X), lambda: send(X, Y), clear, harness.sweep, harness.sweep
        )
        errors = [result for result in results if isinstance(result, Exception)]
        assert not [error for error in errors if not isinstance(error, AttachmentNotFoundError)], errors
        harness.assert_invariants()
    harness.quiesce()
    tell(f"{ROUNDS} rounds of uploads crosswise, deletes and two sweepers: no deadlock, nothing lost")
