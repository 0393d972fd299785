"""The command in processes of its own: several that share the work, one that is killed, one that is interrupted."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from attachments.models import Attachment, AttachmentSet
from tests.attachments.legacy.conftest import MigrateToCas, Run, content_of, drawn
from tests.plugins.deaths import wait_until
from tests.plugins.legacy import OldRow
from tests.plugins.server import ROOT, database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

ROWS = 20
WORKERS = 2


@pytest.fixture
def made(old_row: OldRow) -> list[Attachment]:
    """Rows of the old system."""
    return [old_row(drawn(number)) for number in range(ROWS)]


def start(*options: str) -> subprocess.Popen[str]:
    """The command, as in a shell."""
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "migrate_to_cas", "--json", "--yes-i-am-sure"),
            *("--workers", str(WORKERS), *options),
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def hanging(staged_files: Callable[[], list[Path]], *shards: str) -> Iterator[list[subprocess.Popen[str]]]:
    """One process for each shard; every worker of them has read a file, and none can commit before this ends."""
    with transaction.atomic():
        # On SQLite this is the only write transaction.
        list(AttachmentSet.objects.select_for_update())
        processes = [start("--shard", shard) for shard in shards]
        try:
            wait_until(lambda: len(staged_files()) == WORKERS * len(shards))
            yield processes
        except BaseException:
            for process in processes:
                process.kill()
                process.communicate()
            raise


def migrated(made: list[Attachment]) -> list[int]:
    """The ids of the rows that are in the content store; each has its bytes."""
    ids = []
    for number, row in enumerate(made):
        row.refresh_from_db()
        if row.blob_id is not None:
            assert content_of(row) == drawn(number)
            ids.append(row.pk)
    return ids


class TestShards:
    def test_share_the_rows_and_the_keys(self, made: list[Attachment], run: Run, clean: Run, old_row: OldRow) -> None:
        shared = [old_row(legacy_key=made[0].legacy_key), old_row(legacy_key=made[0].legacy_key)]

        counts = [run("--shard", f"{number}/3")["migrated"] for number in (1, 2, 3)]

        assert sum(counts) == ROWS + len(shared)
        assert all(counts)
        assert clean("--shard", "1/3", "--dry-run")["objects_deleted"] < ROWS
        cleaned = [clean("--shard", f"{number}/3") for number in (1, 2, 3)]
        assert sum(summary["objects_deleted"] for summary in cleaned) == ROWS
        assert sum(summary["keys_cleared"] for summary in cleaned) == ROWS + len(shared)
        assert sum(summary["failed"] for summary in cleaned) == 0

    def test_of_a_clean_up_wait_for_those_of_the_migration(
        self, made: list[Attachment], run: MigrateToCas, clean: Run, legacy_folder: Path
    ) -> None:
        there = run("--shard", "1/2")["migrated"]
        assert clean("--shard", "1/2")["objects_deleted"] == 0
        assert run.code == 1
        assert f"{ROWS - there} attachments are not in the content store" in run.told
        assert all((legacy_folder / row.legacy_key).exists() for row in made)

    def test_go_back(self, made: list[Attachment], run: Run, back: Run) -> None:
        run()
        counts = [back("--shard", f"{number}/2")["reverted"] for number in (1, 2)]
        assert sum(counts) == ROWS
        assert all(counts)

    def test_one_that_is_killed_stops_nobody_and_is_run_again(
        self, made: list[Attachment], run: Run, staged_files: Callable[[], list[Path]]
    ) -> None:
        with hanging(staged_files, "1/2", "2/2") as (killed, other):
            killed.kill()
            killed.communicate()

        output, errors = other.communicate()

        assert (killed.returncode, other.returncode) == (-signal.SIGKILL, 0)
        assert errors == ""
        assert migrated(made) == [row.pk for row in made if row.pk % 2 == 1]
        assert json.loads(output)["migrated"] == len(migrated(made))
        assert run("--shard", "1/2")["migrated"] == ROWS - json.loads(output)["migrated"]
        assert len(migrated(made)) == ROWS


@pytest.mark.once
class TestCtrlC:
    def test_finishes_and_counts_what_was_begun(
        self, made: list[Attachment], run: Run, staged_files: Callable[[], list[Path]]
    ) -> None:
        with hanging(staged_files, "1/1") as (process,):
            process.send_signal(signal.SIGINT)
            # The handler has run when the signal is no longer caught.
            wait_until(lambda: not _catches(process.pid, signal.SIGINT))

        output, errors = process.communicate()

        assert process.returncode == 130, errors
        assert errors.strip() == "Stopped. Run it again to go on."
        assert json.loads(output)["migrated"] == len(migrated(made)) == WORKERS
        assert staged_files() == []
        assert run()["migrated"] == ROWS - WORKERS

    def test_twice_ends_it_at_once(
        self, made: list[Attachment], run: Run, staged_files: Callable[[], list[Path]]
    ) -> None:
        with hanging(staged_files, "1/1") as (process,):
            process.send_signal(signal.SIGINT)
            wait_until(lambda: not _catches(process.pid, signal.SIGINT))
            process.send_signal(signal.SIGINT)
            process.communicate()
        assert process.returncode == -signal.SIGINT
        assert run()["migrated"] == ROWS


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for the signal (proc(5), SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1]
    return bool(int(caught, 16) >> (number - 1) & 1)
