"""A kill in the middle of the work, for tests of what goes on afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.models.query import QuerySet


class Killed(BaseException):
    """What stands for a kill: nothing that means to go on catches it."""


@contextmanager
def killed(method: str, model: str, *, after: int) -> Iterator[None]:
    """Expect the block to die in a call of a queryset method on a model, after so many that succeed."""
    original = getattr(QuerySet, method)
    calls = 0

    def dying(self: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += self.model._meta.label == model
        if calls > after:
            raise Killed
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, method, dying)
        with pytest.raises(Killed):
            yield
