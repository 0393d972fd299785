"""Calls in threads, for what waits for a store or for the database."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import takewhile
from queue import Empty, SimpleQueue
from typing import TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

Item = TypeVar("Item")
Result = TypeVar("Result")

_LONGEST_WAIT_SECONDS = 1.0


def in_parallel(
    call: Callable[[Item], Result], items: Iterable[Item], jobs: int, *, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Result]:
    """Yield the result of every call as it comes, with so many calls at a time. Raises what a call raises.

    Items are taken, in the caller's thread, only a few before they are needed. As soon as `is_stopped()` is true no
    call begins any more; those that have begun end, and their results are yielded. The threads have database
    connections of their own, which are closed at the end.
    """

    def begin(item: Item) -> list[Result]:
        return [] if is_stopped() else [call(item)]

    finished: SimpleQueue[Future[list[Result]]] = SimpleQueue()
    waiting = 0
    opened: list[BaseDatabaseWrapper] = []
    pool = ThreadPoolExecutor(jobs, initializer=_share_connections, initargs=(opened,))
    try:
        for item in takewhile(lambda _: not is_stopped(), items):
            pool.submit(begin, item).add_done_callback(finished.put)
            waiting += 1
            if waiting == 2 * jobs:
                yield from _next(finished).result()
                waiting -= 1
        for _ in range(waiting):
            yield from _next(finished).result()
    finally:
        pool.shutdown(cancel_futures=True)
        for connection in opened:
            connection.close()


def _next(finished: "SimpleQueue[Future[list[Result]]]") -> "Future[list[Result]]":
    """The next one. A signal that comes just before Python begins to wait is noticed when the wait ends, so it does."""
    while True:
        with suppress(Empty):
            return finished.get(timeout=_LONGEST_WAIT_SECONDS)


def _share_connections(opened: list[BaseDatabaseWrapper]) -> None:
    """Let the pool's owner close what this thread opens: the thread cannot tell which call is its last."""
    for connection in connections.all():
        connection.inc_thread_sharing()
        opened.append(connection)
