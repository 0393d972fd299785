"""The test database, and work by several of its clients at the same moment."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import botocore.session
import pytest
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from core.commands import ReportingCommand
from tests import backends

PATIENCE_SECONDS = backends.PATIENCE_SECONDS


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A SQLite database in a file: connections to one in memory do not wait for each other's locks."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "core.sqlite":
        database.setdefault("TEST", {})["NAME"] = str(settings.DATA_DIR / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """At the end nobody may be left in the test database, or it cannot be removed."""
    yield
    if connection.vendor == "postgresql":
        # Of servers and commands that tests kill in the middle, PostgreSQL notices late that they are gone.
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> Iterator[None]:
    """Passwords of tests need not take a guesser's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])
        yield


# Made by `post_migrate` and changed by nobody.
_LASTING_TABLES = {"django_content_type", "auth_permission"}


def empty_tables() -> None:
    """Delete all rows, except for content types and permissions: to make them anew would take most of the time.

    Running servers remember them, too.
    """
    existing = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(existing) - _LASTING_TABLES)
    if connection.vendor == "sqlite":
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))
        return
    names = [connection.ops.quote_name(table) for table in tables]
    with transaction.atomic(), connection.cursor() as cursor:
        # As TRUNCATE does, which is slower for a few rows: wait for whoever is still at it.
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(f"DELETE FROM {name}" for name in names))


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """After a test with transactions of its own the tables are emptied so, instead of by the command `flush`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_tables())
        yield


@pytest.fixture(scope="session", autouse=True)
def no_progress() -> Iterator[None]:
    """What a command says is the same when it takes longer than the ten seconds after which it tells how far it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReportingCommand, "seconds_between_lines", math.inf)
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_descriptions() -> Iterator[None]:
    """Clients of S3 share the descriptions of its API: most of the time that a client takes goes into reading them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


_inherited: list[Any] = []


def forget_connections() -> None:
    """In a forked child: leave the parent's connections alone, and make new ones.

    The parent's `close_all()` is not enough. While Playwright's loop runs in a thread, Django keeps the connections made
    before it out of sight; in a child there is no such loop, and they come back, shared with the parent.
    """
    for wrapper in connections.all(initialized_only=True):
        # Kept: at its end it would tell the server that the parent goes away.
        _inherited.append(wrapper.connection)
        wrapper.connection = None


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls return or raise, in their order, when they all start at the same moment on connections of their own."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        try:
            return call()
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.result(PATIENCE_SECONDS) for future in futures]


def errors(results: list[Any]) -> list[Exception]:
    """Those of the results that are one."""
    return [result for result in results if isinstance(result, Exception)]


def queries_of(call: Callable[[], Any]) -> int:
    """How many SQL statements the call takes."""
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def until_somebody_waits() -> None:
    """Return when a client of PostgreSQL waits for another's lock; at once on SQLite, where nobody can tell."""
    if connection.vendor == "sqlite":
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise TimeoutError("nobody waits")
