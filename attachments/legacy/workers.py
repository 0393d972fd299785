"""Who does the work of a run."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

from attachments.legacy.processes import in_processes
from attachments.legacy.threads import in_threads

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerPool:
    """So many workers, in so many processes."""

    workers: int = 1
    processes: int = 1

    def do(
        self, work: Callable[[Item], Result], items: Iterable[Item], count: Callable[[Result], None]
    ) -> Generator[None]:
        """Do the work to every item and give `count` what it returns, in the caller's thread. Yields after each.

        Whatever ends the iteration early: what is begun is finished and counted, nothing else is begun.
        """
        if self.processes > 1:
            return in_processes(work, items, count, workers=self.workers, processes=self.processes)
        return in_threads(work, items, count, self.workers)
