"""`make corpus` over the project's own files: what people met, small pictures of every kind, and the demo data."""

import sys
from pathlib import Path

import pytest

from bench.corpus import main, run
from tests.cas.media.samples import matrix
from tests.cas.media.test_cases import BROKEN, HEADS, OPENING
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import heic
from tests.plugins.server import ROOT

pytestmark = [pytest.mark.once, pytest.mark.long]

_EVERY = 12


def test_no_file_brings_the_server_into_trouble(tmp_path: Path) -> None:
    files = {
        **dict(OPENING[::2]),
        **{name: data for name, _, data in BROKEN[::3]},
        **dict(list(HEADS.items())[::3]),
        **{sample.name: sample.data for sample in list(matrix())[::_EVERY]},
    }
    others = {"a.zip": b"PK\x03\x04" + bytes(5000), "b.svg": b"<svg/>", "c.html": b"<!doctype html>", "d.heic": heic()}
    for name, data in others.items():
        (tmp_path / name).write_bytes(data)
    for number, data in enumerate(files.values()):
        (tmp_path / str(number)).write_bytes(data)
    for path in sorted((ROOT / "fixtures" / "blobs").iterdir())[::_EVERY]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    report = run(tmp_path, seconds=PATIENCE_SECONDS, memory_bytes=768 * 1024 * 1024)
    assert report.faults == []
    assert report.files == len(list(tmp_path.iterdir()))
    assert report.bytes_compared > 100_000
    assert report.outcomes["taken as image/jpeg"] > 10
    assert report.outcomes["refused: 400 image_refused"] >= len(BROKEN[::3])
    assert report.outcomes["taken as application/octet-stream"] >= 3
    assert report.outcomes["preview of image/heic: 200 picture"] == 1
    assert report.outcomes["preview of application/octet-stream: 200 icon"] >= 3
    assert report.processes_left == 0
    assert "slowest requests" in report.as_text()


def test_a_folder_has_to_be_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["corpus", "/nowhere"])
    with pytest.raises(SystemExit):
        main()
    assert "there is no folder" in capsys.readouterr().err
