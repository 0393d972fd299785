"""Collecting the tests: without a garbage collector at work, and in an order in which no worker waits for another."""

import gc
import os
from itertools import chain, groupby

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", "long: takes many seconds; run first")


def pytest_collection() -> None:
    """What is imported now stays. The garbage collector would look through it again and again."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Keep it from looking at any of that later. One look takes as long as some dozen tests."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with its share of what takes long, or all would wait for the one that begins it last.

    They are whole modules, whose tests share what they have started. pytest-xdist deals the list out in pieces of this
    size, and takes from the end of the longest piece when a worker has nothing left to do.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    modules = [list(tests) for _, tests in groupby(filter(_is_long, items), key=lambda item: item.path)]
    others = [item for item in items if not _is_long(item)]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        size = (len(items) - len(ordered)) // (workers - worker)
        share = list(chain.from_iterable(modules[worker::workers]))
        count = max(0, size - len(share))
        ordered += share + others[:count]
        del others[:count]
    items[:] = ordered + others


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("long") is not None
