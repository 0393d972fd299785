"""The cases of `writes` that are about files: sent once, sent again, read from the store."""

import hashlib
import multiprocessing
import os
import random
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache, cached_property
from itertools import count
from typing import Any

import boto3
import psycopg
from botocore.config import Config

from bench.results import Figure
from bench.site import FOLDER, Case, Site
from tests.plugins.files import pdf

_SMALL, _MEDIUM, _LARGE = 10_000, 1_000_000, 20_000_000
_READS = 300
_CHUNK = 256 * 1024


def cases(site: Site) -> Iterator[Case]:
    """Uploads beside an empty view or beside the hash, the writing and the insert alone; downloads from S3."""
    on_disk = site.backend == FOLDER
    files = _Files(site)
    yield Case("10 KB: upload", lambda: files.upload(_SMALL), 5 if on_disk else 7)
    yield Case(
        "20 MB: upload, processor time",
        lambda: files.upload(_LARGE),
        5,
        files.hash_alone,
        "SHA-256 alone",
        times=5,
    )
    yield Case(
        "20 MB: upload, seconds",
        lambda: files.upload(_LARGE),
        1.6 if on_disk else 1.5,
        files.store_alone,
        "hash, fsync and insert" if on_disk else "hash, PUT and insert",
        seconds=True,
        times=5,
    )
    yield Case(
        "20 MB: the same again, seconds",
        files.upload_again,
        1.8,
        files.receive_alone,
        "receive and SHA-256",
        seconds=True,
        times=5,
    )
    if not on_disk:
        for size, limit, name in ((_SMALL, 2.2, "10 KB"), (_MEDIUM, 2.8, "1 MB")):
            yield Case(f"{name}: read", files.reader(size), limit, times=_READS)


def memory(site: Site) -> Figure:
    """How much more memory the workers take, at the most, while eight clients send 20 MB each, for the second time."""
    path = f"/api/attachment-sets/{site.new_part()['attachment_set_id']}/attachments"
    _eight_uploads(site, path)
    before = site.server.memory_bytes()
    site.server.forget_peak()
    _eight_uploads(site, path)
    growth = (site.server.peak_bytes() - before) / 1_000_000
    return Figure(f"8 × 20 MB at once: memory grows, {site.backend}", growth, "MB", 32, "32 MB", 1.0)


def _eight_uploads(site: Site, path: str) -> None:
    context = multiprocessing.get_context("fork")
    senders = [
        context.Process(target=site.again().upload, args=(path, document(_LARGE), "large.pdf")) for _ in range(8)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if any(sender.exitcode for sender in senders):
        raise RuntimeError("an upload failed")


class _Files:
    """Requests with files, and the same work without a web server."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path = f"/api/attachment-sets/{site.new_part()['attachment_set_id']}/attachments"
        self._sent_before = document(_LARGE)
        self._scratch = site.server.data_dir / "scratch"
        self._scratch.mkdir()
        self._on_disk = site.backend == FOLDER

    def upload(self, size: int) -> Any:
        """Bytes that nobody has seen before."""
        return self._site.upload(self._path, document(size), "datasheet.pdf")

    def upload_again(self) -> Any:
        """Always the same bytes."""
        return self._site.upload(self._path, self._sent_before, "datasheet.pdf")

    def reader(self, size: int) -> Callable[[], object]:
        """Reads one content again and again."""
        url = self.upload(size)["attachment_url"]
        return lambda: self._site.send("GET", url, None, {}, 200)

    def hash_alone(self) -> float:
        """Milliseconds of processor time."""
        data = b"".join(document(_LARGE))
        before = time.process_time()
        hashlib.sha256(data)
        return (time.process_time() - before) * 1000

    def store_alone(self) -> float:
        """Milliseconds until the bytes are hashed, stored durably, and a row with their digest is committed."""
        data = b"".join(document(_LARGE))
        started = time.perf_counter()
        digest = hashlib.sha256(data).hexdigest()
        if self._on_disk:
            self._write(digest, data)
        else:
            self._put(digest, data)
        self._insert(digest)
        return (time.perf_counter() - started) * 1000

    def receive_alone(self) -> float:
        """Milliseconds until the bytes have come through a socket and are hashed."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sender = threading.Thread(target=self._send_to, args=(listener.getsockname()[1],))
            started = time.perf_counter()
            sender.start()
            with listener.accept()[0] as connection:
                hashed, buffer = hashlib.sha256(), bytearray(_CHUNK)
                while received := connection.recv_into(buffer):
                    hashed.update(memoryview(buffer)[:received])
            elapsed = time.perf_counter() - started
            sender.join()
        return elapsed * 1000

    def _send_to(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for piece in self._sent_before:
                connection.sendall(piece)

    def _write(self, digest: str, data: bytes) -> None:
        with open(self._scratch / "draft", "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self._scratch / "draft", self._scratch / digest)
        descriptor = os.open(self._scratch, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)

    def _put(self, digest: str, data: bytes) -> None:
        self._client.put_object(
            Bucket=self._site.variables["AWS_STORAGE_BUCKET_NAME"], Key=f"alone/{digest}", Body=data
        )

    def _insert(self, digest: str) -> None:
        with closing(self._database.cursor()) as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS bench_alone (digest varchar(64) PRIMARY KEY)")
            cursor.execute(f"INSERT INTO bench_alone VALUES ('{digest}')")  # noqa: S608  (hexadecimal digits)
        self._database.commit()

    @cached_property
    def _client(self) -> Any:
        variables = self._site.variables
        return boto3.client(
            "s3",
            endpoint_url=variables["AWS_S3_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_S3_REGION_NAME"],
            config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
        )

    @cached_property
    def _database(self) -> Any:
        if self._on_disk:
            database = sqlite3.connect(self._scratch / "alone.sqlite3")
            database.execute("PRAGMA journal_mode=WAL")
            return database
        return psycopg.connect(self._site.variables["DATABASE_URL"])


_numbers = count()


def document(size: int) -> list[bytes | memoryview]:
    """The pieces of a PDF of so many bytes, other ones each time. (Making them anew would take longer than sending.)"""
    beginning = pdf(f"Datasheet {next(_numbers)}")
    return [beginning, _rest()[: size - len(beginning)]]


@cache
def _rest() -> memoryview:
    return memoryview(random.Random(1).randbytes(_LARGE))
