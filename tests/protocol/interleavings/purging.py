"""One condemned blob, where its purge may be stopped, and who may come in between."""

from django.db import transaction

from attachments.models import Attachment
from cas.protocol.collect import Outcome
from tests.plugins import blobs
from tests.plugins.files import sha256
from tests.protocol.harness import NO_GRACE, document, new_set
from tests.protocol.places import after, before

DATA = document()
DIGEST = sha256(DATA)

# Between A's SELECT and its COMMIT.
INSIDE_A = [
    after("sql UPDATE SKIP LOCKED"),
    before('sql INSERT INTO "cas_purge"'),
    after('sql INSERT INTO "cas_purge"'),
    before('sql DELETE FROM "cas_blob"'),
    after('sql DELETE FROM "cas_blob"'),
    before("database _commit"),
]
# From A's COMMIT to B.
INSIDE_S = [after("database _commit"), before("store remove"), after("store remove")]


def purge() -> Outcome:
    return blobs.purge(DIGEST, NO_GRACE)


def insert_reference() -> Attachment:
    """A reference as a path would make it that knows nothing of locks."""
    with transaction.atomic():
        return Attachment.objects.create(
            attachment_set_id=new_set(), attachment_type="pdf", title="A copy", blob_id=DIGEST
        )
