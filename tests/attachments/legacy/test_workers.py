"""Several at a time, in threads or in processes, and an end that leaves nothing running."""

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from attachments.legacy.processes import ProcessDiedError
from attachments.legacy.workers import WorkerPool
from tests.attachments.legacy.deeds import die, leave_a_mark, process_of, twice
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import is_alive, wait_until
from tests.plugins.server import ROOT

pytestmark = pytest.mark.once

ALONE, THREADS, PROCESSES = WorkerPool(), WorkerPool(3), WorkerPool(3, 2)

every_crew = pytest.mark.parametrize("pool", [ALONE, THREADS, PROCESSES], ids=["alone", "threads", "processes"])


class TestEveryCrew:
    @every_crew
    def test_does_everything_once(self, pool: WorkerPool) -> None:
        done: list[int] = []
        assert len(list(pool.do(twice, range(50), done.append))) == 50
        assert sorted(done) == list(range(0, 100, 2))

    @every_crew
    @pytest.mark.parametrize("number", [0, 1])
    def test_needs_little_to_do(self, pool: WorkerPool, number: int) -> None:
        done: list[int] = []
        list(pool.do(twice, range(number), done.append))
        assert done == [0] * number

    @every_crew
    def test_takes_little_ahead(self, pool: WorkerPool) -> None:
        taken: list[int] = []

        def items() -> Iterator[int]:
            for number in range(100):
                taken.append(number)
                yield number

        with closing(pool.do(twice, items(), lambda _: None)) as steps:
            next(steps)
            assert len(taken) <= 2 * pool.workers + 1

    @every_crew
    def test_counts_what_was_begun_when_it_ends_early(self, pool: WorkerPool, tmp_path: Path) -> None:
        done: list[int] = []
        with closing(pool.do(partial(leave_a_mark, tmp_path), range(100), done.append)) as steps:
            next(steps)
        assert sorted(done) == sorted(int(path.name) for path in tmp_path.iterdir())
        assert 1 <= len(done) <= 2 * pool.workers + 1


class TestThreads:
    def test_work_at_the_same_time(self) -> None:
        together = threading.Barrier(3)
        assert len(list(THREADS.do(lambda _: together.wait(PATIENCE_SECONDS), range(6), lambda _: None))) == 6

    @pytest.mark.parametrize("pool", [ALONE, THREADS])
    def test_raise_what_the_work_raises_and_begin_nothing_else(self, pool: WorkerPool) -> None:
        begun: list[int] = []

        def work(number: int) -> None:
            begun.append(number)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(pool.do(work, range(100), lambda _: None))
        assert len(begun) <= 2 * pool.workers

    def test_are_gone_after_an_early_end(self) -> None:
        # Threads of earlier tests may end meanwhile.
        before = set(threading.enumerate())
        with closing(THREADS.do(str, range(100), lambda _: None)) as steps:
            next(steps)
            new = set(threading.enumerate()) - before
            assert len(new) == 3
        assert not any(thread.is_alive() for thread in new)


class TestProcesses:
    def test_share_the_work(self) -> None:
        workers: list[int] = []
        list(PROCESSES.do(process_of, range(50), workers.append))
        assert len(set(workers) - {os.getpid()}) == 2
        assert not multiprocessing.active_children()

    def test_that_die_end_the_run(self) -> None:
        with pytest.raises(ProcessDiedError):
            list(PROCESSES.do(die, range(100), lambda _: None))
        assert not multiprocessing.active_children()

    def test_end_after_what_they_have_begun_when_their_parent_is_killed(self, tmp_path: Path) -> None:
        parent = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(tmp_path)], cwd=ROOT)
        wait_until(lambda: len(list(tmp_path.iterdir())) > 20)
        names = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii")
        children = [int(name) for name in names.split()]
        assert len(children) >= 2
        parent.kill()
        parent.wait()
        wait_until(lambda: not any(map(is_alive, children)))


_ENDLESS = """
import sys
from functools import partial
from itertools import count
from pathlib import Path
from attachments.legacy.workers import WorkerPool
from tests.attachments.legacy.deeds import leave_a_mark
list(WorkerPool(3, 2).do(partial(leave_a_mark, Path(sys.argv[1])), count(), lambda _: None))
"""
