"""Calls in threads, for what waits for the store. The database stays the main thread's alone."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(call: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """The results in the order of the items, with so many calls at a time.

    Items are taken, in the caller's thread, only a few before they are needed.
    """
    with ThreadPoolExecutor(jobs) as pool:
        window: deque[Future[Result]] = deque()
        for item in items:
            window.append(pool.submit(call, item))
            if len(window) == 2 * jobs:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
