"""The running server does what its schema says, whatever is sent: thousands of requests made up by schemathesis.

`TORTURE_EXAMPLES=200 pytest tests/contract/test_schemathesis.py` makes up so many for every operation and every link;
`TORTURE_SEED` makes up others.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from cas.models import Blob
from tests.backends import PATIENCE_SECONDS, is_embedded
from tests.factories import AttachmentFactory, KitContentFactory, PartTypeFactory
from tests.plugins.server import ROOT, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

TORTURE = os.environ.get("TORTURE_EXAMPLES")
# In everyday tests the boundaries of every parameter are tried where the database is stricter, and random requests on
# the other.
_EVERYDAY = "fuzzing,stateful" if is_embedded() else "coverage"
PHASES = "coverage,fuzzing,stateful" if TORTURE else _EVERYDAY


@pytest.fixture
def something_of_everything(transactional_db: None) -> None:
    """Rows for those who guess small numbers."""
    PartTypeFactory.create()
    content = KitContentFactory.create()
    for owner in (content.part, content.kit):
        AttachmentFactory.create(image=True, owner=owner)
        AttachmentFactory.create(pdf=True, owner=owner)
        AttachmentFactory.create(link=True, owner=owner)


def test_no_request_shows_an_error_or_a_lie(something_of_everything: None, superuser: User, tmp_path: Path) -> None:
    token = Token.objects.create(user=superuser)
    # Or nobody would guess an address that is signed.
    with serving(CAS_REQUIRE_SIGNATURE="false") as server:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", str(ROOT / "docs" / "openapi.json")),
                *("--url", f"http://127.0.0.1:{server.port}", "--header", f"Authorization: Token {token}"),
                *("--checks", "all", "--continue-on-failure", "--no-color", "--warnings", "off"),
                *("--phases", PHASES),
                *("--max-examples", TORTURE or "3", "--seed", os.environ.get("TORTURE_SEED", "1")),
                *("--request-timeout", str(PATIENCE_SECONDS)),
                *("--suppress-health-check", "all", "--generation-database", "none"),
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
                "KNOWN_DIGESTS": ",".join(Blob.objects.values_list("digest", flat=True)),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        failures = [event for event in server.events() if event["event"] == "request_failed"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert failures == []
