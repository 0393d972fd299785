"""The clients of docs/clients.md do what the page says, as they stand there."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from attachments.models import Attachment
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import BROKEN_PICTURE, pdf, picture, sha256
from tests.plugins.server import ROOT, Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def program(language: str) -> str:
    """The one program in this language on the page."""
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    [code] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(code)


@pytest.fixture
def run(server: Server, superuser: User, tmp_path: Path) -> Run:
    """Runs a command in an empty folder, with the address and the token of a running server."""
    environment = {
        **os.environ,
        "INVENTORY": f"http://127.0.0.1:{server.port}",
        "INVENTORY_TOKEN": str(Token.objects.create(user=superuser)),
        "NO_PROXY": "127.0.0.1",
    }

    def call(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return call


class TestCurl:
    def test_adds_files_names_a_bad_one_and_saves_everything(self, run: Run, tmp_path: Path) -> None:
        PartFactory.create(key="ABCD")
        (tmp_path / "attach.sh").write_text(program("sh"))
        (tmp_path / "photo.jpg").write_bytes(picture())
        (tmp_path / "notes.png").write_bytes(BROKEN_PICTURE)
        (tmp_path / "datasheet.pdf").write_bytes(pdf())
        done = run("sh", "attach.sh", "ABCD", "photo.jpg", "notes.png", "datasheet.pdf")
        assert done.returncode == 1
        assert done.stdout.splitlines() == [
            f"photo.jpg: image {sha256(picture())}",
            f"datasheet.pdf: pdf {sha256(pdf())}",
        ]
        assert done.stderr.startswith("notes.png: The picture is damaged")
        with zipfile.ZipFile(tmp_path / "ABCD.zip") as archive:
            assert archive.read("photo.jpg") == picture()
            assert len(json.loads(archive.read("manifest.json"))["attachments"]) == 2

    def test_says_when_there_is_no_such_part(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "attach.sh").write_text(program("sh"))
        done = run("sh", "attach.sh", "ZZZZ")
        assert (done.returncode, done.stderr) == (1, "ZZZZ: There is no part with this key.\n")


class TestPython:
    def test_sends_a_folder_and_skips_what_is_there(self, run: Run, tmp_path: Path) -> None:
        PartFactory.create(manufacturer_code="NE555P")
        PartFactory.create(manufacturer_code="NE555P-2")
        (tmp_path / "upload.py").write_text(program("python"))
        folder = tmp_path / "sheets"
        folder.mkdir()
        for code in ("NE555P", "LM317"):
            (folder / f"{code}.pdf").write_bytes(pdf(code))
        first = run(sys.executable, "upload.py", "sheets")
        assert (first.returncode, first.stdout, first.stderr) == (0, "2 sent, 0 there already\n", "")
        (folder / "LM317.pdf").write_bytes(pdf("LM317, second edition"))
        second = run(sys.executable, "upload.py", "sheets")
        assert (second.returncode, second.stdout, second.stderr) == (0, "1 sent, 1 there already\n", "")
        assert Part.objects.count() == 3
        assert Attachment.objects.filter(attachment_set__part__manufacturer_code="NE555P").count() == 1
        assert Attachment.objects.filter(title="Datasheet", filename="LM317.pdf").count() == 2

    def test_ends_with_the_servers_sentence(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "upload.py").write_text(program("python"))
        (tmp_path / "X.pdf").write_bytes(BROKEN_PICTURE)
        done = run(sys.executable, "upload.py", ".")
        assert done.returncode == 1
        assert "The picture is damaged" in done.stderr
