"""The example of docs/nginx.conf, in a real nginx."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.backends import PATIENCE_SECONDS, free_port, wait_for_port
from tests.plugins.server import ROOT

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
EXAMPLE = ROOT / "docs" / "nginx.conf"
needs_nginx = pytest.mark.skipif(
    NGINX is None and "CI" not in os.environ, reason="There is no nginx (Debian's nginx-light)."
)


def configuration(folder: Path, port: int, upstream: int, stream: int, frontend: Path, more: str) -> str:
    """The example as it stands, but for what its first lines say has to be adapted."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for pattern, instead in (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"127\.0\.0\.1:8001", f"127.0.0.1:{stream}"),
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
def nginx(folder: Path, *, web: int, stream: int = 9, frontend: Path | None = None, more: str = "") -> Iterator[int]:
    """Run it before the servers at these ports, with further directives; gives its port. Its logs are in the folder."""
    port = free_port()
    with running(folder, configuration(folder, port, web, stream, frontend or folder, more), port):
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
