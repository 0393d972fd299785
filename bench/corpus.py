"""Every file of a folder through the API, as strangers would send it: `python -m bench.corpus DIR`.

Uploads each file to a server of its own, reads back what was taken, and asks for its thumbnail and its preview. Prints
a report as text and as JSON. Exit code 1 when an answer was a server's error, bytes came back different, something took
longer or more memory than it may, or a process stayed.
"""

import argparse
import json
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.server import Server, serving

_BOUNDARY = "corpus-boundary"
_PATIENCE_SECONDS = 120
_SAMPLE_SECONDS = 0.01
_LARGEST_BYTES = 512_000_000
_SLOWEST = 10


@dataclass
class Report:
    """What became of the files. `memory_bytes` is the most that one process of a job had in memory."""

    files: int = 0
    passed_over: int = 0
    bytes_compared: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    memory_bytes: int = 0
    processes_left: int = 0

    @property
    def slowest(self) -> list[tuple[str, float]]:
        """The requests that took longest, with their seconds."""
        return sorted(self.seconds.items(), key=lambda item: -item[1])[:_SLOWEST]

    def as_text(self) -> str:
        """For a person."""
        lines = [f"{self.files} files, {self.passed_over} passed over, {self.bytes_compared:,} bytes compared"]
        lines += [f"  {count:6} {outcome}" for outcome, count in self.outcomes.most_common()]
        lines += [f"highest memory of a job: {self.memory_bytes / 1_000_000:.0f} MB", "slowest requests:"]
        lines += [f"  {seconds:6.2f} s {name}" for name, seconds in self.slowest]
        lines += [f"processes left: {self.processes_left}", f"faults: {len(self.faults)}"]
        return "\n".join(lines + [f"  {fault}" for fault in self.faults])

    def as_json(self) -> str:
        """For a program."""
        facts = {name: value for name, value in vars(self).items() if name != "seconds"}
        return json.dumps({**facts, "slowest": self.slowest})


def run(folder: Path, *, seconds: float, memory_bytes: int, jobs: int = 2) -> Report:
    """Try every file in the folder and below. No request may take longer, and no process of a job more memory."""
    report = Report()
    with (
        serving(INVENTORY_OPEN_API="true", DJANGO_SECRET_KEY=secrets.token_urlsafe(64)) as server,
        _watched(server, report),
    ):
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda path: _Try(server, report, folder, path).all(), sorted(_files(folder, report))))
        report.processes_left = _left(server)
    report.faults += [f"{name} took {taken:.1f} s" for name, taken in report.seconds.items() if taken > seconds]
    if report.memory_bytes > memory_bytes:
        report.faults.append(f"a job took {report.memory_bytes:,} bytes of memory")
    if report.processes_left:
        report.faults.append(f"{report.processes_left} processes stayed")
    return report


def _files(folder: Path, report: Report) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        if path.stat().st_size > _LARGEST_BYTES:
            report.passed_over += 1
            continue
        report.files += 1
        yield path


class _Try:
    """One file, with a connection of its own."""

    def __init__(self, server: Server, report: Report, folder: Path, path: Path) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_SECONDS)
        self._report = report
        self._name = str(path.relative_to(folder))
        # By it a file that is neither picture nor PDF gets its icon.
        self._suffix = path.suffix if path.suffix[1:].isalnum() and path.suffix.isascii() else ""
        self._data = path.read_bytes()

    def all(self) -> None:
        """Upload, read back, thumbnail, preview."""
        try:
            self._all()
        except (OSError, ValueError) as error:
            self._fault(f"no answer ({type(error).__name__})")
        finally:
            self._connection.close()

    def _all(self) -> None:
        status, body = self._ask("", "POST", "/api/parts", b'{"description": "corpus"}', "application/json")
        if status != 201:
            self._fault(f"no part: {status}")
            return
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file{self._suffix}"\r\n\r\n'
        form = head.encode() + self._data + f"\r\n--{_BOUNDARY}--\r\n".encode()
        url = f"/api/attachment-sets/{json.loads(body)['attachment_set_id']}/attachments"
        status, body = self._ask("upload", "POST", url, form, f"multipart/form-data; boundary={_BOUNDARY}")
        answer: dict[str, Any] = json.loads(body)
        if status != 201:
            self._count(f"refused: {status} {answer['details']['code']}")
            return
        self._count(f"taken as {answer['content_type']}")
        status, body = self._ask("content", "GET", answer["download_url"])
        if body != self._data:
            self._fault(f"{status}, and other bytes than were sent")
        self._report.bytes_compared += len(body)
        for what in ("thumbnail_url", "preview_url"):
            if answer[what]:
                status, body = self._ask(what.removesuffix("_url"), "GET", answer[what])
                kind = "picture" if body.startswith(b"\xff\xd8") else "icon" if status == 200 else "nothing"
                self._count(f"{what.removesuffix('_url')} of {answer['content_type']}: {status} {kind}")
                if status != 200 and answer["content_type"].startswith("image/"):
                    self._fault(f"taken, but its {what} answers {status}")

    def _ask(
        self, what: str, method: str, url: str, body: bytes | None = None, content_type: str = ""
    ) -> tuple[int, bytes]:
        started = time.monotonic()
        self._connection.request(method, url, body, {"Content-Type": content_type} if body is not None else {})
        response = self._connection.getresponse()
        received = response.read()
        if what:
            self._report.seconds[f"{what} of {self._name}"] = time.monotonic() - started
        if response.status >= 500:
            self._fault(f"{what} answers {response.status}")
        return response.status, received

    def _count(self, outcome: str) -> None:
        self._report.outcomes[outcome] += 1

    def _fault(self, what: str) -> None:
        self._report.faults.append(f"{self._name}: {what}")


@contextmanager
def _watched(server: Server, report: Report) -> Iterator[None]:
    """Look at the memory of all jobs, while the block runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            for job in _jobs(server):
                with suppress(OSError, StopIteration):
                    lines = Path(f"/proc/{job}/status").read_text(encoding="ascii").splitlines()
                    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
                    report.memory_bytes = max(report.memory_bytes, kilobytes * 1024)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _left(server: Server) -> int:
    """How many processes of jobs are there, a moment after the last answer."""
    for _ in range(100):
        if not _jobs(server):
            return 0
        time.sleep(0.05)
    return len(_jobs(server))


def _jobs(server: Server) -> list[int]:
    return [job for worker in server.workers for zygote in _children(int(worker.name)) for job in _children(zygote)]


def _children(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    return found


def main() -> int:
    """Try the folder, print the report, and say whether there was no fault."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=3, help="what a request may take (3)")
    parser.add_argument("--megabytes", type=int, default=768, help="what a job may have in memory (768)")
    parser.add_argument("--jobs", type=int, default=2, help="how many files at a time (2)")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"there is no folder {arguments.folder}")
    report = run(
        arguments.folder.resolve(),
        seconds=arguments.seconds,
        memory_bytes=arguments.megabytes * 1024 * 1024,
        jobs=arguments.jobs,
    )
    sys.stdout.write(f"{report.as_text()}\n{report.as_json()}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
