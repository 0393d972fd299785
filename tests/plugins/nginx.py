"""The example of docs/nginx.conf, in a real nginx."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.backends import PATIENCE_SECONDS, free_port, wait_for_port
from tests.plugins.server import ROOT

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
EXAMPLE = ROOT / "docs" / "nginx.conf"
needs_nginx = pytest.mark.skipif(
    NGINX is None and "CI" not in os.environ, reason="There is no nginx (Debian's nginx-light)."
)


def configuration(folder: Path, port: int, upstream: int, stream: int, store: str, frontend: Path, more: str) -> str:
    """The example as it stands, but for what its first lines say has to be adapted."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for pattern, instead in (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"127\.0\.0\.1:8001", f"127.0.0.1:{stream}"),
        (r"127\.0\.0\.1:9000", store),
        (r"443 ssl", f"127.0.0.1:{port}"),
        (r" *ssl_certificate.*\n", ""),
        (r"/var/log/nginx/inventory\.log", str(folder / "access.log")),
        (r"/var/lib/inventory/store/cas/", f"{settings.DATA_DIR / 'store' / 'cas'}/"),
        (r"/var/lib/inventory/frontend", str(frontend)),
    ):
        text, count = re.subn(pattern, instead, text)
        assert count, pattern
    folders = "".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # As Debian's nginx.conf, with what the example says of many streams.
    limits = re.findall(
        r"^# +(worker_rlimit_nofile .*;|events \{.*\})$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(limits) == 2
    return (
        f"pid {folder / 'pid'}; error_log {folder / 'error.log'}; daemon off; worker_processes 1;"
        f"{'user root;' if os.geteuid() == 0 else ''} {' '.join(limits)}\n"
        f"http {{ include /etc/nginx/mime.types; {folders} {more}\n{text}\n}}"
    )


@contextmanager
def nginx(
    folder: Path,
    *,
    web: int,
    stream: int = 9,
    store: str = "127.0.0.1:9",
    frontend: Path | None = None,
    more: str = "",
) -> Iterator[int]:
    """Run it before the servers at these ports, and the store, with further directives; gives its port.

    Its logs are in the folder.
    """
    port = free_port()
    with running(folder, configuration(folder, port, web, stream, store, frontend or folder, more), port):
        yield port


@contextmanager
def running(folder: Path, text: str, port: int) -> Iterator[None]:
    """Run it with this configuration, which listens on the port."""
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen([NGINX or "nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        wait_for_port(port, process)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


# Headers of the connection, or of the very answer.
_HOPS = {"date", "server", "connection", "keep-alive", "x-request-id", "x-correlation-id"}

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def asking(port: int) -> Ask:
    """Asks whoever listens on the port; gives status, headers and body. A header that came twice has both values."""

    def ask(path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers={"Host": "localhost", **names})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return (
            answer.status,
            {name.lower(): ", ".join(answer.headers.get_all(name, [])) for name in answer.headers},
            content,
        )

    return ask


def requests_for(digest: str) -> list[dict[str, str]]:
    """The headers of requests for a content of a little more than a million bytes."""
    return [
        {},
        {"Range": "bytes=0-0"},
        {"Range": "bytes=100-199"},
        {"Range": "bytes=-7"},
        {"Range": "bytes=1000000-"},
        {"Range": "bytes=nonsense"},
        {"Range": "bytes=5-2,7-9"},
        {"Range": "bytes=0-1,5-9"},
        {"Range": ",".join(["bytes=0-0", *(f"{n}-{n}" for n in range(1, 900))])},
        {"Range": "bytes=0-9", "If_Range": f'"{digest}"'},
        {"Range": "bytes=0-9", "If_Range": '"another"'},
        {"Range": "bytes=99000000-"},
        {"If_None_Match": f'"{digest}"'},
        {"If_None_Match": '"another"'},
        {"If_Modified_Since": "Fri, 20 Nov 2099 10:00:00 GMT"},
        {"Authorization": "Token of-a-script", "Cookie": "theme=dark"},
    ]


def same_answer(proxied: Ask, direct: Ask, path: str, method: str, headers: dict[str, str]) -> None:
    """What nginx answers is what the server answers by itself."""
    status, given, body = proxied(path, method, **headers)
    expected_status, expected, expected_body = direct(path, method, **headers)
    assert (status, body) == (expected_status, expected_body)
    assert _without_hops(given) == _without_hops(expected)


def _without_hops(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _HOPS}
