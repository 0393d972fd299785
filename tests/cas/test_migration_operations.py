"""Indexes of large tables are added while people write."""

import threading
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from cas.migration_operations import AddIndexWhileInUse
from cas.models import Blob
from tests.plugins.database import PATIENCE_SECONDS, until_somebody_waits

# What landed before there was such an operation.
OLD = {"attachments": "0003", "cas": "0003", "kits": "0004", "parts": "0007"}
LARGE = {"attachment", "attachmentset", "blob", "part", "kitcontent"}


def operation() -> AddIndexWhileInUse:
    return AddIndexWhileInUse("blob", models.Index(fields=["corrupt_at"], name="blob_of_a_test"))


def run(direction: str) -> None:
    before = ProjectState.from_apps(apps)
    after = before.clone()
    operation().state_forwards("cas", after)
    states = (before, after) if direction == "database_forwards" else (after, before)
    with connection.schema_editor(atomic=False) as editor:
        getattr(operation(), direction)("cas", editor, *states)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "cas_blob"))


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_index() -> None:
    errors: list[BaseException] = []

    def add() -> None:
        try:
            run("database_forwards")
        except BaseException as error:  # noqa: BLE001  (the test raises it)
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=add)
    if connection.vendor == "postgresql":
        # An upload under way, for which the index waits: others must not wait for the index.
        from django.db import transaction

        with transaction.atomic():
            Blob.objects.create(digest="a" * 64, size=1)
            thread.start()
            until_somebody_waits()
            other = connection.copy("other")
            try:
                with other.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '5s'")
                    cursor.execute("UPDATE cas_blob SET size = 2")
                    cursor.execute("INSERT INTO cas_blob (digest, size) VALUES (%s, 1)", ["b" * 64])
            finally:
                other.close()
    else:
        thread.start()
    thread.join(PATIENCE_SECONDS)
    assert errors == []
    assert "blob_of_a_test" in indexes()
    run("database_backwards")
    assert "blob_of_a_test" not in indexes()


# SQLite takes it back with its transaction.
@pytest.mark.only("servers")
@pytest.mark.django_db(transaction=True)
def test_what_a_stopped_run_has_left_is_replaced() -> None:
    run("database_forwards")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'blob_of_a_test'::regclass")
    run("database_forwards")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'blob_of_a_test'::regclass")
        assert cursor.fetchone() == (True,)
    run("database_backwards")


def test_every_later_migration_adds_indexes_like_this() -> None:
    for label, name in MigrationLoader(None).disk_migrations:
        if name[:4] <= OLD.get(label, "9999"):
            continue
        migration = import_module(f"{apps.get_app_config(label).name}.migrations.{name}").Migration
        for step in migration.operations:
            if isinstance(step, migrations.AddIndex) and step.model_name.lower() in LARGE:
                assert isinstance(step, AddIndexWhileInUse), f"{label}.{name} keeps everybody from writing."
                assert not migration.atomic
