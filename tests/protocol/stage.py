"""Actors on connections of their own, who stop at named places until they are told to go on."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any

import pytest
from django.db import connection, connections

from tests.plugins.database import PATIENCE_SECONDS
from tests.protocol.places import Place

# Who does what is done here. Work that they give to a pool of threads is theirs too.
_acting: "ContextVar[Actor | None]" = ContextVar("acting", default=None)


class Actor:
    """Somebody in a thread. `begin` returns once they stop, wait for a lock, or have done their work."""

    def __init__(self, work: Callable[[], Any], patch: pytest.MonkeyPatch, stop: Place | None) -> None:
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._known = threading.Event()
        self._stopped = threading.Event()
        self._released = threading.Event()
        self._error: BaseException | None = None
        self._result: Any = None
        self.session = 0
        if stop is not None:
            stop.visit(patch, self._arrive)

    def begin(self) -> "Actor":
        """Start, and go as far as possible for now."""
        self._thread.start()
        if not self._known.wait(PATIENCE_SECONDS):
            raise TimeoutError("the actor has no connection")
        return self.settle()

    def settle(self) -> "Actor":
        """Return once they stop, wait for a lock, or have done their work."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.is_stopped or self.is_done or self.waits:
                return self
            time.sleep(0.005)
        raise TimeoutError("the actor neither stops nor waits nor ends")

    @property
    def is_stopped(self) -> bool:
        """Whether they are at the place."""
        return self._stopped.is_set() and not self._released.is_set()

    @property
    def is_done(self) -> bool:
        """Whether they have done their work."""
        return not self._thread.is_alive()

    @property
    def waits(self) -> bool:
        """Whether PostgreSQL makes them wait for somebody's lock."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.session])
            return bool(cursor.fetchone()[0])

    def go_on(self, *, error: BaseException | None = None) -> "Actor":
        """Leave the place, or fail there. What comes of it is seen after `settle`, or `end`."""
        assert self.is_stopped, "they are not at the place"
        self._error = error
        self._released.set()
        return self

    def lose_session(self) -> "Actor":
        """Their connection to the database breaks, as in a failover, and they do not know it yet."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [self.session])
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [self.session])
                if cursor.fetchone() is None:
                    return self
                time.sleep(0.005)
        raise TimeoutError("the session does not end")

    def end(self) -> Any:
        """What they return, or the error that they raise."""
        if self.is_stopped:
            self.go_on()
        self._thread.join(PATIENCE_SECONDS)
        if self._thread.is_alive():
            raise TimeoutError("the actor does not end")
        return self._result

    def _run(self) -> None:
        _acting.set(self)
        try:
            connection.ensure_connection()
            self.session = connection.connection.info.backend_pid
            self._known.set()
            self._result = self._work()
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            self._result = error
        finally:
            self._known.set()
            connections.close_all()

    def _arrive(self) -> None:
        if _acting.get() is not self or self._stopped.is_set():
            return
        self._stopped.set()
        if not self._released.wait(PATIENCE_SECONDS):
            raise TimeoutError("nobody told the actor to go on")
        if self._error is not None:
            raise self._error


class Stage:
    """Makes actors, and sees to it that all of them end."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._actors: list[Actor] = []
        submit = ThreadPoolExecutor.submit
        patch.setattr(
            ThreadPoolExecutor,
            "submit",
            lambda pool, call, *args: submit(pool, copy_context().run, call, *args),
        )

    def begin(self, work: Callable[[], Any], *, stop: Place | None = None) -> Actor:
        """Somebody who has begun the work, and has come as far as they can for now."""
        actor = Actor(work, self._patch, stop)
        self._actors.append(actor)
        return actor.begin()

    def clear(self) -> None:
        """Nobody may stay behind."""
        for actor in self._actors:
            if actor.is_stopped:
                actor.go_on()
        for actor in self._actors:
            actor.end()
