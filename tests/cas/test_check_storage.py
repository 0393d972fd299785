"""manage.py check_storage: what the store can do, in sentences."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from cas.storage import CASStorage, S3CASStorage
from cas.storage.s3 import PROBE
from tests.plugins.commands import Run
from tests.plugins.faults import Faults
from tests.plugins.small_s3 import Habits, serving_s3


class TestConfiguredStore:
    def test_can_do_all_and_keeps_nothing(self, store: CASStorage, stored: Any, staged_files: Any) -> None:
        run = Run("check_storage")
        assert (run.code, run.summary["failed"]) == (0, 0)
        names = [step["name"] for step in run.summary["steps"] if step["is_needed"]]
        assert names == ["write", "look", "read", "read_part", "list", "delete"]
        assert "A file can be written" in run.errors
        assert "is gone" in run.errors
        assert stored() == []
        assert staged_files() == []

    def test_is_left_alone_by_a_dry_run(self, faults: Faults) -> None:
        run = Run("check_storage", "--dry-run")
        assert (run.code, run.summary["tried"]) == (0, 0)
        assert "would be written" in run.errors
        assert faults.calls == []

    def test_that_fails_is_told(self, faults: Faults) -> None:
        faults.fail("publish", times=9)
        run = Run("check_storage")
        assert (run.code, run.summary["failed"]) == (1, 1)
        assert "FAILED No file can be written" in run.errors


# Clients of S3 are expensive to make, so all tests share those of one store.
@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Habits, S3CASStorage]]:
    habits = Habits()
    with serving_s3(habits, tmp_path_factory.mktemp("s3")) as store:
        yield habits, store


@pytest.mark.once
class TestS3:
    @pytest.fixture
    def use(self, shared: tuple[Habits, S3CASStorage], monkeypatch: pytest.MonkeyPatch) -> Callable[[Habits], Habits]:
        habits, store = shared
        kept: Any = storages
        monkeypatch.setitem(kept._storages, "cas", store)
        monkeypatch.setattr(store, "checksum", "sha256")

        def become(others: Habits) -> Habits:
            vars(habits).update(vars(replace(others, objects={}, headers=[])))
            return habits

        return become

    @pytest.mark.parametrize(
        ("habits", "failed", "sentence"),
        [
            (Habits(), 0, "ok     The server refuses bytes that do not fit their checksum."),
            (Habits(compares=False), 0, "note   The server does not compare the checksum with the bytes."),
            (Habits(knows_ranges=False), 0, "note   The server sends the whole instead of a part; it is cut out here."),
            (Habits(refuses=("x-amz-checksum-sha256",)), 1, "ok     With AWS_S3_CHECKSUM=md5 it can: set that."),
            (
                Habits(refuses=("x-amz-checksum-sha256", "content-md5")),
                1,
                "With AWS_S3_CHECKSUM=none it can: set that.",
            ),
            (Habits(damages=True), 1, "FAILED A file that was written cannot be read, or has other bytes."),
            (Habits(keeps=100), 2, "FAILED A file that was written is not found, or has another size"),
            (Habits(sends=100, knows_ranges=False), 1, "FAILED A file that was written cannot be read"),
            (Habits(lists=False), 1, "FAILED A file that was written is not in the list of the files."),
            (Habits(deletes=False), 1, "FAILED A file cannot be deleted, or is still there afterwards."),
        ],
    )
    def test_says_what_the_server_can_do(
        self, use: Callable[[Habits], Habits], habits: Habits, failed: int, sentence: str
    ) -> None:
        used = use(habits)
        run = Run("check_storage")
        assert sentence in run.errors
        assert (run.code, run.summary["failed"]) == (1 if failed else 0, failed), run.errors
        assert set(used.objects) <= {PROBE} or not used.deletes
        if habits.refuses:
            assert "(ClientError: An error occurred (InvalidArgument)" in run.errors

    def test_of_none_reads_back(self, use: Callable[[Habits], Habits]) -> None:
        use(Habits(refuses=("x-amz-checksum-sha256", "content-md5")))
        store: Any = storages["cas"]
        store.checksum = "none"
        run = Run("check_storage")
        assert run.code == 0
        assert "A file can be written, and was read back." in run.errors


@pytest.mark.django_db
class TestReadiness:
    def test_tells_of_writes_that_fail_until_one_works(self, faults: Faults) -> None:
        faults.fail("publish")
        assert Run("check_storage").code == 1
        answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()["writes"]) == (200, "failing")
        assert Run("check_storage").code == 0
        assert Client().get("/health/ready").json()["writes"] == "ok"
