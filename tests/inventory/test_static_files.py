"""Two versions side by side: the files of the new one are found by the old one, which runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from tests.plugins.server import collect

STYLE = "p { color: green }"
NAME = "of-the-next-version.0123456789ab.css"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Of a server as in production, which looked at the files at its start."""
    collect()
    monkeypatch.setattr(settings, "WHITENOISE_AUTOREFRESH", False)
    client = Client()
    assert client.get("/static/nothing.0123456789ab.css").status_code == 404
    return client


@pytest.fixture
def added(client: Client) -> Iterator[Path]:
    path = settings.STATIC_ROOT / NAME
    path.write_text(STYLE)
    yield path
    path.unlink()


def test_a_file_that_was_collected_after_the_start_is_served(client: Client, added: Path) -> None:
    answer = client.get(f"/static/{NAME}")
    assert (answer.status_code, answer.getvalue().decode()) == (200, STYLE)
    assert answer["Content-Type"].startswith("text/css")


def test_collecting_again_touches_nothing_that_a_running_server_may_send() -> None:
    collect()

    def found() -> dict[Path, tuple[int, int]]:
        paths = settings.STATIC_ROOT.rglob("*.????????????.*")
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths if path.suffix != ".gz"}

    before = found()
    assert len(before) > 100
    call_command("collectstatic", interactive=False, verbosity=0)
    assert found() == before
    # Whole or not at all, and nothing is left of how they were written.
    assert not [path for path in settings.STATIC_ROOT.rglob("*") if re.search(r"\.[0-9a-f]{8}\Z", path.name)]


@pytest.mark.parametrize("way", ["../secret_key", "%2e%2e/x", "/etc/passwd", "..%2f..%2fx", "\0", "a" * 5000])
def test_there_is_no_way_out_of_the_folder(client: Client, added: Path, way: str) -> None:
    outside = settings.DATA_DIR / "secret.0123456789ab.css"
    outside.write_text("secret")
    try:
        assert client.get(f"/static/../{outside.name}").status_code in {400, 404}
        assert client.get(f"/static/{way}.0123456789ab.css").status_code in {400, 404}
    finally:
        outside.unlink()
