"""What an answer of the content addresses costs the server."""

import os
import random
import socket
import statistics
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from bench import photos
from bench.clients import Request, ask, reading
from bench.results import Figure
from bench.server import Server, serving
from cas.signing import content_url, thumbnail_url
from cas.storage import FileSystemCASStorage
from cas.storage.staging import stage_chunks

_ROUNDS = 7
_REQUESTS = 600
_LARGE_REQUESTS = 60
_COLD_THUMBNAILS = 12
_LARGE_BYTES = 20_000_000
_EMPTY = Request("/bench/empty")


def measure() -> Iterator[Figure]:
    """Processor time, requests per second and memory of the server; then a thumbnail beside Pillow alone."""
    with serving() as server:
        store = FileSystemCASStorage(server.data_dir / "store")
        small = _keep(store, random.Random(1).randbytes(10_000))
        large = _keep(store, random.Random(2).randbytes(_LARGE_BYTES))
        photo = photos.photo()
        picture = _keep(store, photo)
        content = content_url(small, "image/png", "small.png")
        asked = {
            "10 KB blob": Request(content),
            "304": Request(content, 304, f'If-None-Match: "{small}"\r\n'),
            "warm thumbnail": Request(thumbnail_url(picture, 150)),
            "20 MB from the folder": Request(content_url(large, "application/pdf", "large.pdf")),
        }
        yield from _cost_of_answers(server, asked)
        yield _beside_sendfile(server, asked["20 MB from the folder"], store.path(f"cas/{large}"))
        yield from _growth(server, asked["10 KB blob"])
        yield _memory(server, asked["20 MB from the folder"])
        yield _cold_thumbnail(server, picture, photo)


def _keep(store: FileSystemCASStorage, data: bytes) -> str:
    staged = stage_chunks(store.staging_dir, [data])
    store.publish(staged)
    staged.close()
    return staged.digest


def _cost(server: Server, request: Request, times: int) -> float:
    before = server.cpu_seconds()
    ask(server.port, request, times)
    return (server.cpu_seconds() - before) / times * 1000


def _cost_of_answers(server: Server, asked: dict[str, Request]) -> Iterator[Figure]:
    limits = {"10 KB blob": 1.7, "304": 1.3, "warm thumbnail": 1.7, "20 MB from the folder": 5.0}
    for request in (_EMPTY, *asked.values()):
        ask(server.port, request, 50)
    costs: dict[str, list[float]] = {name: [] for name in asked}
    empty = []
    for _ in range(_ROUNDS):
        # In turns, so that a noisy moment of the machine meets all of them.
        empty.append(_cost(server, _EMPTY, _REQUESTS))
        for name, request in asked.items():
            costs[name].append(_cost(server, request, _LARGE_REQUESTS if "MB" in name else _REQUESTS))
    for name, values in costs.items():
        yield Figure(
            f"{name}: processor time",
            statistics.median(values),
            "ms",
            statistics.median(empty),
            "an empty view",
            limits[name],
        )


def _beside_sendfile(server: Server, request: Request, path: str) -> Figure:
    """What the kernel takes for so many bytes over loopback, without any server of ours."""
    ours, alone = [], []
    for _ in range(_ROUNDS):
        ours.append(_cost(server, request, _LARGE_REQUESTS))
        alone.append(_sendfile_cost(path, _LARGE_REQUESTS))
    return Figure(
        "20 MB from the folder: beside sendfile",
        statistics.median(ours),
        "ms",
        statistics.median(alone),
        "sendfile alone",
        2.0,
    )


def _sendfile_cost(path: str, times: int) -> float:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        reading(listener.getsockname()[1], times * _LARGE_BYTES),
        listener.accept()[0] as connection,
        open(path, "rb") as file,
    ):
        before = time.process_time()
        for _ in range(times):
            connection.sendfile(file, 0)
        return (time.process_time() - before) / times * 1000


def _growth(server: Server, request: Request) -> Iterator[Figure]:
    rates: dict[int, list[float]] = {1: [], 8: []}
    for _ in range(_ROUNDS):
        for clients, values in rates.items():
            values.append(_REQUESTS / ask(server.port, request, _REQUESTS // clients, clients=clients))
    yield Figure(
        "10 KB blob: requests/s of 8 clients",
        statistics.median(rates[8]),
        "/s",
        statistics.median(rates[1]),
        "one client",
        1.0,
        at_least=True,
    )


def _memory(server: Server, request: Request) -> Figure:
    before = server.memory_bytes()
    server.forget_peak()
    ask(server.port, request, 10, clients=8)
    growth = (server.peak_bytes() - before) / 1_000_000
    return Figure("8 clients reading 20 MB: memory grows", growth, "MB", 32, "32 MB", 1.0)


def _cold_thumbnail(server: Server, digest: str, photo: bytes) -> Figure:
    request = Request(thumbnail_url(digest, 150))
    ours, alone = [], []
    for _ in range(_COLD_THUMBNAILS):
        for made in (server.data_dir / "thumbnails").glob(f"{digest}_*"):
            made.unlink()
        before = server.cpu_seconds()
        ask(server.port, request, 1)
        ours.append(server.cpu_seconds() - before)
        started = time.process_time()
        _with_pillow_alone(photo, server.data_dir / "pillow.jpg")
        alone.append(time.process_time() - started)
    return Figure(
        "12 MP JPEG: first thumbnail",
        statistics.mean(ours) * 1000,
        "ms",
        statistics.mean(alone) * 1000,
        "Pillow alone",
        1.3,
    )


def _with_pillow_alone(photo: bytes, path: Path) -> None:
    with Image.open(BytesIO(photo)) as image:
        image.thumbnail((150, 150), Image.Resampling.LANCZOS, reducing_gap=3)
        ImageOps.exif_transpose(image).convert("RGB").save(path, "JPEG", quality=85, optimize=True)
    os.stat(path)
