"""Views of this process: a site with a database of its own, what a request is answered with, and what a call costs."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from rest_framework.test import force_authenticate

from inventory.auth import LocalUser


@contextmanager
def empty_site() -> Iterator[None]:
    """A migrated database with nothing in it, which goes again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        connection.settings_dict["NAME"] = str(Path(folder) / "bench.sqlite3")
        call_command("migrate", verbosity=0)
        yield
        connection.close()


def answer_of(view: Any, url: str, query: dict[str, Any], **parameters: Any) -> bytes:
    """The body of the answer, without middleware. Raises RuntimeError unless it is 200."""
    request = RequestFactory().get(url, query, headers={"Host": "localhost"})
    force_authenticate(request, user=LocalUser())
    answer = view(request, **parameters).render()
    if answer.status_code != 200:
        raise RuntimeError(f"{url} was answered with {answer.status_code}")
    return bytes(answer.content)


def median_cost(call: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time, after a first call that is not counted."""
    times = []
    call()
    for _ in range(rounds):
        started = time.process_time()
        call()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)
