"""A site with a superuser's token, and what its server takes for a request beside a reference, in turns."""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any

from bench.backends import postgres_and_s3
from bench.clients import Request, ask
from bench.results import Figure
from bench.server import Server, serving

FOLDER, SERVERS = "SQLite and folder", "PostgreSQL and S3"
_EMPTY = Request("/bench/empty")
_EMPTY_TIMES = 200
_BOUNDARY = "bench-boundary"


@dataclass(frozen=True)
class Case:
    """One kind of request. `times` of them are a round, and every round has its reference.

    `reference` returns milliseconds; without one it is an empty view of the same server. `prepare` runs before each
    round and is not measured. With `seconds` what counts is the median of the time until the answer, not the processor.
    """

    name: str
    call: Callable[[], object]
    limit: float
    reference: Callable[[], float] | None = None
    reference_name: str = "an empty view"
    prepare: Callable[[], object] = lambda: None
    seconds: bool = False
    times: int = 40
    rounds: int = 5


@dataclass(frozen=True)
class Site:
    """The server and a client of it, one kept connection."""

    backend: str
    server: Server
    variables: dict[str, str]
    _headers: dict[str, str]
    _connection: HTTPConnection = field(repr=False)

    def json(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """What a request with JSON is answered with. Raises RuntimeError at another status."""
        data = None if body is None else json.dumps(body).encode()
        answer = self.send(method, path, data, {"Content-Type": "application/json"} if data else {}, status)
        return json.loads(answer) if answer else None

    def upload(self, path: str, data: list[bytes | memoryview], name: str) -> Any:
        """Send the pieces of a file as a browser's form does, and return the attachment."""
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        form = [head.encode(), *data, f"\r\n--{_BOUNDARY}--\r\n".encode()]
        headers = {
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Content-Length": str(sum(map(len, form))),
        }
        return json.loads(self.send("POST", path, form, headers, 201))

    def send(
        self,
        method: str,
        path: str,
        body: bytes | list[bytes | memoryview] | None,
        headers: dict[str, str],
        status: int,
    ) -> bytes:
        """The body of the answer. Raises RuntimeError at another status."""
        self._connection.request(method, path, body, self._headers | headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != status:
            raise RuntimeError(f"{method} {path} was answered with {response.status}")
        return answer

    def again(self) -> "Site":
        """The same site with a connection of its own, for another process."""
        return replace(self, _connection=HTTPConnection("127.0.0.1", self.server.port, timeout=120))

    def new_part(self) -> Any:
        """A part, as the API shows it."""
        return self.json("POST", "/api/parts", {"description": "A resistor"}, 201)

    def empty(self) -> float:
        """Milliseconds of processor time that an empty view takes."""
        before = self.server.cpu_seconds()
        ask(self.server.port, _EMPTY, _EMPTY_TIMES)
        return (self.server.cpu_seconds() - before) / _EMPTY_TIMES * 1000

    def compare(self, cases: Iterable[Case]) -> Iterator[Figure]:
        """Measure each case and its reference in turns, so that a noisy moment of the machine meets both."""
        for case in cases:
            ours, references = [], []
            case.prepare()
            for _ in range(3):
                case.call()
            for _ in range(case.rounds):
                case.prepare()
                references.append(case.reference() if case.reference else self.empty())
                ours += self._measure(case)
            yield Figure(
                f"{case.name}, {self.backend}",
                statistics.median(ours),
                "ms",
                statistics.median(references),
                case.reference_name,
                case.limit,
            )

    def _measure(self, case: Case) -> list[float]:
        if not case.seconds:
            before = self.server.cpu_seconds()
            for _ in range(case.times):
                case.call()
            return [(self.server.cpu_seconds() - before) / case.times * 1000]
        times = []
        for _ in range(case.times):
            started = time.perf_counter()
            case.call()
            times.append((time.perf_counter() - started) * 1000)
        return times


@contextmanager
def site(backend: str) -> Iterator[Site]:
    """An empty site on the backend, FOLDER or SERVERS."""
    with ExitStack() as stack:
        variables = stack.enter_context(postgres_and_s3()) if backend == SERVERS else {}
        server = stack.enter_context(serving(**variables))
        name = {"DJANGO_SUPERUSER_USERNAME": "bench", "DJANGO_SUPERUSER_EMAIL": "bench@example.com"}
        server.manage("createsuperuser", "--no-input", **name, DJANGO_SUPERUSER_PASSWORD="only for the bench")  # noqa: S106
        token = server.manage("drf_create_token", "bench").split()[2]
        connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        yield Site(backend, server, variables, {"Authorization": f"Token {token}"}, connection)
