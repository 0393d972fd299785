"""Several things at a time in threads, each with a database connection of its own."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from django.db import connections

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], count: Callable[[Result], None], workers: int
) -> Generator[None]:
    """Do the work to every item and give `count` what it returns, in the caller's thread. Yields after each.

    At most two items for every worker are taken ahead. Whatever ends the iteration early, an interrupt too: what is
    begun is finished and counted, nothing else is begun.
    """
    if workers == 1:
        for item in items:
            count(work(item))
            yield
        return
    todo: queue.SimpleQueue[tuple[Item] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Callable[[], Result]] = queue.SimpleQueue()
    threads = [threading.Thread(target=_labour, args=(work, todo, done), daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for _ in _fill(todo, items, ahead=2 * workers):
            count(done.get()())
            yield
    finally:
        for _ in _left_in(todo):
            pass
        for _ in threads:
            todo.put(None)
        for thread in threads:
            thread.join()
        for outcome in _left_in(done):
            count(outcome())


def _labour(
    work: Callable[[Item], Result],
    todo: "queue.SimpleQueue[tuple[Item] | None]",
    done: "queue.SimpleQueue[Callable[[], Result]]",
) -> None:
    try:
        while (item := todo.get()) is not None:
            done.put(_outcome(work, *item))
    finally:
        connections.close_all()


def _fill(todo: "queue.SimpleQueue[tuple[Item] | None]", items: Iterable[Item], *, ahead: int) -> Iterator[None]:
    """Put the items in, and yield whenever one has to come out: as often as there are items."""
    under_way = 0
    for item in items:
        todo.put((item,))
        under_way += 1
        if under_way == ahead:
            yield
            under_way -= 1
    for _ in range(under_way):
        yield


def _left_in(things: "queue.SimpleQueue[Item]") -> Iterator[Item]:
    with suppress(queue.Empty):
        while True:
            yield things.get_nowait()


def _outcome(work: Callable[[Item], Result], item: Item) -> Callable[[], Result]:
    """A function that returns what the work returned, or raises what it raised."""
    try:
        result = work(item)
    except BaseException as error:  # noqa: BLE001  (raised again by whoever asks for the result)
        return partial(_raise, error)
    return lambda: result


def _raise(error: BaseException) -> NoReturn:
    raise error
