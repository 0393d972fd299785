"""What an upload of an ordinary photo costs the server, the judgement of its pixels included."""

import json
import statistics
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from io import BytesIO

from PIL import Image

from bench.clients import Request, ask
from bench.photos import photo
from bench.results import Figure
from bench.server import Server, serving

_ROUNDS = 15
_EMPTY = Request("/bench/empty")
_EMPTY_TIMES = 300
_BOUNDARY = "bench-boundary"


def measure() -> Iterator[Figure]:
    """Processor time and seconds of an upload, beside a full decode with Pillow and some empty views."""
    data = photo()
    with serving(INVENTORY_OPEN_API="true") as server:
        client = _Client(server)
        for _ in range(3):
            client.upload(data)
        costs, seconds, decodes, empty = [], [], [], []
        for number in range(_ROUNDS):
            # Other bytes each time: what the store has already is not sent again.
            different = data + str(number).encode()
            before, started = server.cpu_seconds(), time.monotonic()
            client.upload(different)
            seconds.append(time.monotonic() - started)
            costs.append(server.cpu_seconds() - before)
            decodes.append(_decode(different))
            empty.append(_cost_of_an_empty_view(server))
    reference = 0.6 * statistics.median(decodes) + 5 * statistics.median(empty)
    yield Figure(
        f"{len(data) / 1_000_000:.1f} MB JPEG: upload, processor time",
        statistics.mean(costs) * 1000,
        "ms",
        reference * 1000,
        "0.6 × Pillow's full decode + 5 empty views",
        1.0,
    )
    yield Figure(
        f"{len(data) / 1_000_000:.1f} MB JPEG: upload, seconds",
        statistics.median(seconds) * 1000,
        "ms",
        5000,
        "five seconds",
        1.0,
    )


class _Client:
    def __init__(self, server: Server) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        body = self._post("/api/parts", b'{"description": "bench"}', "application/json")
        self._url = f"/api/attachment-sets/{body['attachment_set_id']}/attachments"

    def upload(self, data: bytes) -> None:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
        form = head.encode() + data + f"\r\n--{_BOUNDARY}--\r\n".encode()
        self._post(self._url, form, f"multipart/form-data; boundary={_BOUNDARY}")

    def _post(self, url: str, body: bytes, content_type: str) -> dict[str, int]:
        self._connection.request("POST", url, body, {"Content-Type": content_type})
        response = self._connection.getresponse()
        answer: dict[str, int] = json.loads(response.read())
        if response.status != 201:
            raise RuntimeError(f"{url} was answered with {response.status}")
        return answer


def _decode(data: bytes) -> float:
    started = time.process_time()
    with Image.open(BytesIO(data)) as image:
        image.load()
    return time.process_time() - started


def _cost_of_an_empty_view(server: Server) -> float:
    before = server.cpu_seconds()
    ask(server.port, _EMPTY, _EMPTY_TIMES)
    return (server.cpu_seconds() - before) / _EMPTY_TIMES
