"""cas_check: what it tells, what it remembers, and how it hashes."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from attachments.models import Attachment
from cas.audit import rehash, reports
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob, CommandReport, Purge
from cas.storage import CASStorage
from tests.kills import Killed
from tests.plugins.blobs import DATA, DIGEST, age, refer_to
from tests.plugins.commands import Run as AnyRun
from tests.plugins.faults import Faults, failure, overwrite, put_stranger
from tests.plugins.files import sha256

pytestmark = pytest.mark.django_db

Upload = Callable[..., Attachment]
Garbage = Callable[..., str]
Run = partial(AnyRun, "cas_check")


@pytest.fixture
def several(upload: Upload) -> list[str]:
    """Ten contents."""
    return sorted(upload(bytes([number])).blob_id or "" for number in range(10))


class TestExitCode:
    def test_all_is_well(self, upload: Upload, garbage: Garbage) -> None:
        upload()
        garbage(b"waits", marked=timedelta(hours=2))
        Purge.objects.create(digest=sha256(b"is being deleted"), token="12345678123456781234567812345678")
        run = Run("--deep")
        assert (run.code, run.found) == (0, [])
        assert run.numbers("blobs", "bytes", "objects", "hashed") == (2, len(DATA) + 5, 2, 2)
        assert run.numbers("waiting", "being_deleted", "critical", "warnings") == (1, 1, 0, 0)

    def test_what_was_imported_and_is_used_does_not_wait_for_its_deletion(self, tmp_path: Path) -> None:
        for name in ("imported", "imported in vain"):
            (tmp_path / name).write_text(name)
        call_command("cas_import", tmp_path, stdout=StringIO())
        refer_to(Blob.objects.get(pk=sha256(b"imported")))
        assert Run().numbers("blobs", "waiting", "waiting_bytes") == (2, 1, len(b"imported in vain"))

    @pytest.mark.parametrize("damage", ["missing", "wrong_size", "corrupt"])
    def test_damage(self, upload: Upload, store: CASStorage, damage: str) -> None:
        attachment = upload()
        match damage:
            case "missing":
                store.remove(DIGEST)
            case "wrong_size":
                overwrite(store, DIGEST, DATA[1:])
            case "corrupt":
                overwrite(store, DIGEST, DATA[::-1])
        run = Run("--deep")
        assert (run.code, run.found) == (1, [damage])
        assert run.numbers("critical", damage) == (1, 1)
        assert run.summary["findings"][0]["hurts"] == [str(attachment)]
        assert f"critical: {DIGEST}:" in run.errors
        assert str(attachment) in run.errors
        upload()
        assert Run("--deep").code == 0

    @pytest.mark.parametrize(("left", "found"), [(None, "missing"), (DATA[1:], "wrong_size"), (DATA[::-1], "corrupt")])
    def test_damage_that_is_known_counts_once(
        self, upload: Upload, store: CASStorage, left: bytes | None, found: str
    ) -> None:
        upload()
        overwrite(store, DIGEST, DATA[::-1])
        assert Run("--deep").found == ["corrupt"]
        if left is None:
            store.remove(DIGEST)
        else:
            overwrite(store, DIGEST, left)
        run = Run()
        assert run.found == [found]
        assert run.numbers("critical", "failed") == (1, 1)

    def test_what_a_person_should_look_at(self, store: CASStorage) -> None:
        put_stranger(store, "README")
        run = Run()
        assert (run.code, run.found) == (1, ["not_ours"])
        assert run.numbers("critical", "warnings") == (0, 1)

    def test_orphans_are_no_fault(self, store: CASStorage) -> None:
        overwrite(store, DIGEST, DATA)
        run = Run()
        assert (run.code, run.found, run.errors) == (0, ["young"], "")

    def test_a_store_that_does_not_answer(self, upload: Upload, faults: Faults) -> None:
        upload()
        Run()
        faults.fail("objects", error=failure("the keys are wrong"))
        with pytest.raises(CommandError, match=r"does not answer.*\(OSError: the keys are wrong\)"):
            call_command("cas_check", stdout=StringIO())
        # What was found before still counts.
        assert reports.last(reports.CHECK) is not None


class TestAdopt:
    def test_hands_orphans_to_the_collector(self, store: CASStorage, nothing_is_young: None) -> None:
        overwrite(store, DIGEST, DATA)
        overwrite(store, sha256(b"other"), b"other")
        put_stranger(store, "README")
        assert Run().numbers("adoptable", "adopted") == (2, 0)
        assert not Blob.objects.exists()
        run = Run("--adopt")
        assert run.numbers("adoptable", "adopted", "waiting") == (2, 2, 2)
        assert "the collector has it" in run.summary["findings"][-1]["sentence"]
        assert Run("--adopt").numbers("adoptable", "adopted") == (0, 0)

    def test_a_dry_run_only_says_so(self, store: CASStorage, nothing_is_young: None) -> None:
        overwrite(store, DIGEST, DATA)
        assert Run("--adopt", "--dry-run").summary["adopted"] == 1
        assert not Blob.objects.exists()


class TestDeep:
    def test_notes_what_was_good(self, several: list[str]) -> None:
        assert Run("--deep").numbers("hashed", "hashed_bytes") == (10, 10)
        assert not Blob.objects.filter(verified_at=None).exists()

    def test_flags_what_was_not_and_keeps_the_object(
        self, upload: Upload, store: CASStorage, stored: Callable[[], list[str]]
    ) -> None:
        upload()
        overwrite(store, DIGEST, DATA[::-1])
        assert Run("--deep").found == ["corrupt"]
        blob = Blob.objects.get()
        assert blob.corrupt_at is not None
        assert stored() == [DIGEST]
        # It stays known, without reading, and since when.
        assert Run().found == ["corrupt"]
        assert Run("--deep").found == ["corrupt"]
        assert Blob.objects.get().corrupt_at == blob.corrupt_at

    def test_what_was_put_right_by_hand_is_absolved(self, upload: Upload, store: CASStorage) -> None:
        upload()
        overwrite(store, DIGEST, DATA[::-1])
        Run("--deep")
        overwrite(store, DIGEST, DATA)
        assert Run("--deep").found == []
        assert Blob.objects.get().corrupt_at is None

    def test_what_an_upload_heals_meanwhile_is_not_flagged(
        self, upload: Upload, store: CASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload()
        overwrite(store, DIGEST, DATA[::-1])
        bad = rehash.read_again(DIGEST)
        overwrite(store, DIGEST, DATA)
        monkeypatch.setattr(rehash, "in_parallel", lambda call, digests, jobs: (bad for _ in digests))
        assert Run("--deep").found == []
        assert Blob.objects.get().corrupt_at is None

    def test_a_content_that_cannot_be_read(
        self, several: list[str], store: CASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = store.open_range

        def open_range(digest: str, *part: Any) -> Any:
            if digest == several[3]:
                raise StorageUnavailableError
            return original(digest, *part)

        monkeypatch.setattr(store, "open_range", open_range)
        run = Run("--deep")
        assert (run.code, run.found) == (1, ["unreadable"])
        assert run.summary["hashed"] == 9

    def test_a_failure_that_passes_is_nothing(self, several: list[str], faults: Faults) -> None:
        faults.fail("open_range")
        assert Run("--deep", "--jobs", "1").found == []

    def test_one_that_was_deleted_meanwhile_is_nothing(self, several: list[str], faults: Faults) -> None:
        faults.fail("open_range", error=BlobNotFoundError())
        assert Run("--deep", "--jobs", "1").found == []

    def test_a_store_that_fails_all_the_time_ends_it(self, upload: Upload, faults: Faults) -> None:
        for number in range(25):
            upload(bytes([number]))
        faults.fail("open_range", times=1000)
        with pytest.raises(CommandError, match="does not answer"):
            call_command("cas_check", "--deep", stdout=StringIO(), stderr=StringIO())

    def test_a_dry_run_notes_nothing(self, several: list[str], store: CASStorage) -> None:
        overwrite(store, several[0], b"x")
        run = Run("--deep", "--dry-run")
        assert run.found == ["corrupt"]
        assert not Blob.objects.exclude(verified_at=None, corrupt_at=None).exists()
        assert not CommandReport.objects.exists()


class TestGoingOn:
    """A check of all bytes that was stopped."""

    @pytest.fixture
    def stopped(self, several: list[str], monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
        monkeypatch.setattr(rehash, "_MARKED_ROWS", 2)
        original = rehash.Rehash._count
        seen: list[int] = []

        def count(self: rehash.Rehash, reading: rehash.Reading) -> None:
            seen.append(1)
            if len(seen) == 6:
                raise Killed
            original(self, reading)

        with monkeypatch.context() as patch:
            patch.setattr(rehash.Rehash, "_count", count)
            with pytest.raises(Killed):
                call_command("cas_check", "--deep", stdout=StringIO())
        faults.calls.clear()

    def test_reads_only_what_is_left(self, stopped: None, faults: Faults) -> None:
        assert Run("--deep").summary["hashed"] == 6
        assert faults.count("open_range") == 6

    def test_the_next_one_reads_everything_again(self, stopped: None) -> None:
        Run("--deep")
        assert Run("--deep").summary["hashed"] == 10

    def test_a_sample_in_between_changes_nothing(self, stopped: None) -> None:
        Run("--deep", "--sample", "1")
        assert Run("--deep").summary["hashed"] in {5, 6}


class TestParts:
    @pytest.mark.parametrize(("sample", "hashed"), [("3", 3), ("10%", 1), ("11%", 2), ("100%", 10), ("50", 10)])
    def test_a_sample(self, several: list[str], sample: str, hashed: int) -> None:
        assert Run("--deep", "--sample", sample).summary["hashed"] == hashed
        assert Blob.objects.exclude(verified_at=None).count() == hashed

    @pytest.mark.parametrize("start", ["0" * 64, "8" * 64, "f" * 64])
    def test_a_sample_goes_around(self, several: list[str], start: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(secrets, "token_hex", lambda length: start)
        expected = [digest for digest in several if digest >= start] + [digest for digest in several if digest < start]
        assert list(rehash.sampled(Blob.objects.all(), 7)) == expected[:7]

    def test_what_was_not_hashed_for_long(self, several: list[str]) -> None:
        Blob.objects.filter(pk__in=several[:6]).update(verified_at=Now() - timedelta(days=10))
        Blob.objects.filter(pk__in=several[:2]).update(verified_at=Now() - timedelta(days=40))
        assert Run("--deep", "--since", "30d").summary["hashed"] == 6
        assert Run("--deep", "--since", "30d").summary["hashed"] == 0

    @pytest.mark.parametrize(
        "options",
        [("--sample", "5%"), ("--since", "1d"), ("--deep", "--sample", "0"), ("--deep", "--jobs", "33")],
    )
    def test_options_that_are_none(self, options: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            call_command("cas_check", *options, stdout=StringIO())


class TestReport:
    def test_is_kept(self, upload: Upload, store: CASStorage) -> None:
        upload()
        store.remove(DIGEST)
        run = Run()
        report = reports.last(reports.CHECK)
        assert report is not None
        assert {**report.summary, "findings": report.findings} == run.summary
        assert reports.open_critical_findings() == 1

    def test_names_a_hundred_and_counts_all(self, store: CASStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(105):
            put_stranger(store, f"stranger-{number}")
        run = Run()
        assert len(run.found) == 100
        assert run.summary["not_ours"] == 105
        assert run.errors.count("stranger-") == 105

    def test_what_sharing_saves(self, upload: Upload, garbage: Garbage) -> None:
        for _ in range(3):
            upload()
        upload(b"once")
        garbage(b"nobody's")
        assert Run().summary["shared_bytes"] == 2 * len(DATA)

    def test_information_is_for_those_who_ask(self, store: CASStorage) -> None:
        overwrite(store, DIGEST, DATA)
        assert DIGEST not in Run().errors
        assert DIGEST in Run("--verbosity", "2").errors

    def test_adopted_garbage_ages_like_any_other(self, store: CASStorage, nothing_is_young: None) -> None:
        overwrite(store, DIGEST, DATA)
        Run("--adopt")
        age(blobs=timedelta(days=2))
        call_command("cas_gc", stdout=StringIO())
        assert not Blob.objects.exists()
