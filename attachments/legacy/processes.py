"""Several things at a time in several processes, since the threads of one keep hardly more than one processor busy.

The processes are fresh ones, not forks: they share no connection, lock or pipe with this one. When this one is killed,
they see the end of their pipe, and end after what they have begun.
"""

import logging
import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import django
from django.db import connections

from attachments.legacy.threads import in_threads

Item = TypeVar("Item")
Result = TypeVar("Result")

_context = multiprocessing.get_context("spawn")


class ProcessDiedError(Exception):
    """One of the processes ended before its work, killed or by an error that it has printed."""


class _NobodyLeftError(Exception):
    """There is nobody any more who would take results."""


def in_processes(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    count: Callable[[Result], None],
    *,
    workers: int,
    processes: int,
) -> Generator[None]:
    """As `in_threads`, with the workers spread over the processes. Work, items and results have to be picklable.

    Raises ProcessDiedError.
    """
    waiting = iter(items)
    helpers: list[_Helper[Item, Result]] = []
    try:
        helpers.extend(_Helper(work, threads=len(range(number, workers, processes))) for number in range(processes))
        for helper in helpers:
            helper.give(waiting, helper.ahead)
        while busy := {helper.done: helper for helper in helpers if helper.under_way}:
            for pipe in wait(list(busy)):
                helper = busy[pipe]  # type: ignore[index]  # what comes out is what went in
                count(helper.take())
                helper.give(waiting, 1)
                yield
    finally:
        for helper in helpers:
            helper.close_todo()
        for helper in helpers:
            helper.finish(count)


class _Helper(Generic[Item, Result]):
    """One of the processes, and how many items it has."""

    def __init__(self, work: Callable[[Item], Result], *, threads: int) -> None:
        self.ahead = 2 * threads
        self.under_way = 0
        their_todo, self._todo = _context.Pipe(duplex=False)
        self.done, their_done = _context.Pipe(duplex=False)
        self._process = _context.Process(target=_labour, args=(their_todo, their_done), daemon=True)
        self._process.start()
        # Only the other side has them now, so that its end can be seen from here.
        their_todo.close()
        their_done.close()
        self._send((work, threads, _levels()))

    def give(self, waiting: Iterator[Item], most: int) -> None:
        """Have the work done to the next items, and say so when there are no more."""
        for item in islice(waiting, most):
            self._send((item,))
            self.under_way += 1
            most -= 1
        if most and not self._todo.closed:
            self._send(None)
            self._todo.close()

    def take(self) -> Result:
        """A result, when there is one."""
        try:
            result: Result = self.done.recv()
        except EOFError:
            raise ProcessDiedError from None
        self.under_way -= 1
        return result

    def close_todo(self) -> None:
        """Nothing else is to be begun."""
        self._todo.close()

    def finish(self, count: Callable[[Result], None]) -> None:
        """Wait for the end, and count what was still under way."""
        with suppress(EOFError):
            while True:
                count(self.done.recv())
        self._process.join()

    def _send(self, message: Any) -> None:
        try:
            self._todo.send(message)
        except BrokenPipeError:
            raise ProcessDiedError from None


def _labour(todo: Connection, done: Connection) -> None:
    """What a process does: the first message says how, each of the others brings an item, None is the end."""
    # Ctrl-C goes to every process of the terminal. The first one ends the others in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    work, threads, levels = todo.recv()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    with suppress(_NobodyLeftError, BrokenPipeError):
        for _ in in_threads(work, _received(todo), done.send, threads):
            pass
    connections.close_all()


def _received(todo: Connection) -> Iterator[Any]:
    while True:
        try:
            message = todo.recv()
        except EOFError:
            raise _NobodyLeftError from None
        if message is None:
            return
        yield message[0]


def _levels() -> dict[str, int]:
    """How much each logger says here."""
    loggers = logging.root.manager.loggerDict.items()
    return {name: logger.level for name, logger in loggers if isinstance(logger, logging.Logger) and logger.level}
