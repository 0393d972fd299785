"""The event stream as the frontend sees it: it opens at once, says the version, and never ends."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from inventory.stream.version import read_version
from tests.inventory.stream.client import PATH, Stream, many, read_all, stream_process, streaming
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.nginx import needs_nginx, nginx
from tests.plugins.web import Web

pytestmark = pytest.mark.once


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """What the frontend's build leaves behind."""
    path = tmp_path / "version.json"
    path.write_text('{"version": "first"}', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A stream process that needs nothing: no frontend, no version."""
    with streaming(PORT="8000", STREAM_HEARTBEAT_SECONDS="0.2") as port:
        yield port


class TestAnswer:
    def test_comes_at_once_and_is_never_stored(self, port: int) -> None:
        stream = Stream(port)
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store, no-transform"
        assert stream.headers["x-accel-buffering"] == "no"
        stream.until(lambda opened: opened.comments)
        assert stream.lines[:2] == ["retry: 1000", ":"]
        stream.close()

    @pytest.mark.parametrize("path", ["/api/sse/stream", "/api/sse/stream?request_id=a:b&request_id="])
    def test_needs_no_request_id(self, port: int, path: str) -> None:
        stream = Stream(port, path)
        assert stream.status == 200
        stream.close()

    def test_goes_on_with_comments_only(self, port: int) -> None:
        stream = Stream(port)
        stream.until(lambda opened: opened.comments > 10)
        assert set(stream.lines) == {"retry: 1000", ":"}
        stream.close()

    @pytest.mark.parametrize(
        ("origin", "host", "allowed"),
        [
            ("http://localhost:8000", "localhost:8001", True),
            ("http://127.0.0.1:8000", "127.0.0.1:8001", True),
            ("http://[::1]:8000", "[::1]:8001", True),
            ("http://localhost:8000", "127.0.0.1:8001", False),
            ("http://localhost:9000", "localhost:8001", False),
            ("https://localhost:8000", "localhost:8001", False),
            ("http://evil.example:8000", "evil.example:8001", False),
            ("null", "localhost:8001", False),
            ("http://evil.example", "localhost:8001", False),
            ("http://[", "[", False),
        ],
    )
    def test_may_be_read_by_pages_of_this_site_only(self, port: int, origin: str, host: str, allowed: bool) -> None:
        stream = Stream(port, Origin=origin, Host=host)
        assert stream.status == 200
        assert stream.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert stream.headers["vary"] == "Origin"
        stream.close()

    def test_may_be_read_by_trusted_origins(self) -> None:
        with streaming(DJANGO_CSRF_TRUSTED_ORIGINS="https://parts.example.com") as port:
            stream = Stream(port, Origin="https://parts.example.com")
            assert stream.headers["access-control-allow-origin"] == "https://parts.example.com"
            stream.close()

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("HEAD", PATH, 405),
            ("POST", PATH, 405),
            ("DELETE", PATH, 405),
            ("GET", "/", 404),
            ("GET", "/api/sse/stream/", 404),
            ("GET", "/api/parts", 404),
            ("GET", "/health/live", 200),
        ],
    )
    def test_there_is_nothing_else(self, port: int, method: str, path: str, status: int) -> None:
        answer = Stream(port, path, method)
        assert answer.status == status
        assert answer.headers["content-type"] == "application/json"
        answer.close()


class TestVersion:
    def test_is_told_after_a_second_again_and_again_and_when_it_changes(self, version: Path) -> None:
        with streaming(
            FRONTEND_DIR=str(version.parent), STREAM_HEARTBEAT_SECONDS="0.1", STREAM_VERSION_SECONDS="0.1"
        ) as port:
            started = time.monotonic()
            stream = Stream(port)
            stream.until(lambda opened: opened.versions)
            assert time.monotonic() - started > 0.9
            stream.until(lambda opened: len(opened.versions) > 2)
            assert stream.comments > 4 * (len(stream.versions) - 1)
            version.write_text('{"version": "second"}', encoding="utf-8")
            stream.until(lambda opened: opened.versions[-1] == "second")
            # Not to be read any more, as during a deployment: then nothing is said.
            version.unlink()
            read_all([stream], 0.5)
            seen, comments = len(stream.versions), stream.comments
            stream.until(lambda opened: opened.comments > comments + 12)
            assert len(stream.versions) <= seen + 1
            assert set(stream.versions) == {"first", "second"}
            stream.close()

    def test_is_read_once_for_all(self, web: Web) -> None:
        url = web.serve("/version.json", json.dumps({"version": "of a server", "changelog": "…"}), "application/json")
        with streaming(FRONTEND_VERSION=url) as port, many(20, port) as streams:
            for stream in streams:
                assert stream.until(lambda opened: opened.versions) == ["of a server"]
        assert web.paths == ["/version.json"]

    @pytest.mark.parametrize(
        "content", ["", "nonsense", "[]", '{"version": 7}', '{"version": ""}', '{"version": "' + "x" * 100_000 + '"}']
    )
    def test_that_is_none_is_not_told(self, version: Path, content: str) -> None:
        version.write_text(content, encoding="utf-8")
        assert read_version(str(version)) is None

    def test_is_not_known_while_nobody_answers(self) -> None:
        assert read_version("http://127.0.0.1:9/version.json") is None


class TestMany:
    def test_who_does_not_read_keeps_nobody_waiting(self, port: int) -> None:
        with many(200, port) as streams:
            reading = streams[-1]
            before = reading.comments
            reading.until(lambda opened: opened.comments > before + 5)

    def test_at_once_are_connected_though_the_process_is_busy(self) -> None:
        with stream_process() as (port, process), ExitStack() as crowd:
            os.killpg(process.pid, signal.SIGSTOP)
            try:
                # One that does not fit waits for its kernel to try again, for longer and longer.
                for _ in range(300):
                    crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS))
            finally:
                os.killpg(process.pid, signal.SIGCONT)
            stream = Stream(port)
            assert stream.status == 200
            stream.close()

    @needs_nginx
    def test_behind_nginx_for_longer_than_its_timeouts(self, tmp_path: Path) -> None:
        # Shorter than the heartbeat, which has to be allowed for the stream in particular.
        short = "proxy_read_timeout 1s; send_timeout 1s; keepalive_timeout 1s; client_header_timeout 1s;"
        with (
            streaming(STREAM_HEARTBEAT_SECONDS="3") as stream_port,
            nginx(tmp_path, web=9, stream=stream_port, more=short) as port,
            many(1000, port) as streams,
        ):
            for stream in streams:
                # At its beginning, after three seconds, and after six.
                stream.until(lambda opened: opened.comments >= 3)
            assert "Origin" in streams[0].headers["vary"]
        assert "[alert]" not in (tmp_path / "error.log").read_text(encoding="utf-8")
