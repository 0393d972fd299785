"""Several at a time, and an end that leaves nothing running."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from attachments.migrating.workers import in_parallel


class TestInParallel:
    @pytest.mark.parametrize("workers", [1, 3])
    def test_does_everything_once(self, workers: int) -> None:
        assert sorted(in_parallel(lambda number: number * 2, range(50), workers)) == list(range(0, 100, 2))

    @pytest.mark.parametrize("workers", [1, 3])
    def test_needs_nothing_to_do(self, workers: int) -> None:
        assert list(in_parallel(str, [], workers)) == []

    def test_does_several_at_the_same_time(self) -> None:
        together = threading.Barrier(3)
        assert len(list(in_parallel(lambda _: together.wait(60), range(6), 3))) == 6

    def test_takes_little_ahead(self) -> None:
        taken: list[int] = []

        def items() -> Iterator[int]:
            for number in range(100):
                taken.append(number)
                yield number

        with closing(in_parallel(str, items(), 3)) as results:
            next(results)
            assert len(taken) <= 6

    @pytest.mark.parametrize("workers", [1, 3])
    def test_raises_what_the_work_raises_and_begins_nothing_else(self, workers: int) -> None:
        done: list[int] = []

        def work(number: int) -> None:
            done.append(number)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(in_parallel(work, range(100), workers))
        assert len(done) <= 2 * workers

    def test_leaves_no_thread_when_it_ends_early(self) -> None:
        before = threading.active_count()
        with closing(in_parallel(str, range(100), 3)) as results:
            next(results)
            assert threading.active_count() == before + 3
        assert threading.active_count() == before
