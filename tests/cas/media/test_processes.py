"""Jobs in processes with limits: whatever is killed, and whenever, none of them stays."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cas.errors import CannotShowError, DecodingLimitError
from cas.media import processes
from cas.media.filetypes import JPEG, recognise
from cas.media.images import verify
from cas.media.processes import JobCrashedError, JobLimitError, JobTimeoutError, run
from tests.cas.media.samples import saved
from tests.cas.media.test_pdf_thumbnails import nested_forms
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import children, is_alive
from tests.plugins.files import picture
from tests.plugins.server import ROOT

pytestmark = pytest.mark.once

JUDGE = {"job": "judge", "kind": "JPEG", "max_pixels": 64_000_000}
# Takes whatever time it is given.
ENDLESS = {"job": "first_page", "size": 150}


def zygote() -> int:
    """The process id of this process's zygote."""
    run(JUDGE, BytesIO(picture()))
    current = processes._current
    assert current is not None
    return current.process.pid


def until(happens: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := happens()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return value


class TestRun:
    def test_answers_and_leaves_the_file_where_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "photo"
        path.write_bytes(picture())
        with path.open("rb") as file:
            file.seek(7)
            assert run(JUDGE, file).head == {"size": [320, 200]}
            assert file.tell() == 7

    def test_takes_files_without_a_name(self) -> None:
        assert run(JUDGE, BytesIO(picture())).head == {"size": [320, 200]}

    def test_runs_many_jobs_of_many_threads(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda width: run(JUDGE, BytesIO(picture(size=(width, 9)))), range(10, 60)))
        assert [answer.head["size"][0] for answer in answers] == list(range(10, 60))
        until(lambda: not children(zygote()))

    def test_one_process_serves_all(self) -> None:
        assert zygote() == zygote()

    def test_is_nice_and_alone(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(self._stopped_soon)
            (child,) = until(lambda: children(zygote()))
            # Its limits are set first.
            until(lambda: not is_alive(child) or os.getpriority(os.PRIO_PROCESS, child) == 10)
            assert Path(f"/proc/{zygote()}/status").read_text(encoding="ascii").count("Threads:\t1\n") == 1
            done.result(PATIENCE_SECONDS)

    def _stopped_soon(self) -> None:
        with pytest.raises(JobTimeoutError):
            run(ENDLESS, BytesIO(nested_forms()), seconds=1)


class TestLimits:
    def test_of_processor_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "CPU_SECONDS", 1)
        with pytest.raises(JobLimitError, match="processor time"):
            run(ENDLESS, BytesIO(nested_forms()), seconds=PATIENCE_SECONDS)
        until(lambda: not children(zygote()))

    def test_of_the_callers_time(self) -> None:
        with pytest.raises(JobTimeoutError):
            run(ENDLESS, BytesIO(nested_forms()), seconds=0.2)
        until(lambda: not children(zygote()))

    @pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
    def test_of_memory_whatever_the_decoder_calls_it(self, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
        data = saved(Image.new("RGB", (5000, 3200), "red"), form, quality=30)
        monkeypatch.setattr(processes, "MEMORY_BYTES", 80 * 1024 * 1024)
        file_type = recognise(data[:1024])
        assert file_type is not None
        with pytest.raises(DecodingLimitError):
            verify(BytesIO(data), file_type)

    def test_a_picture_that_is_refused_frees_everything(self) -> None:
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(20):
            with suppress(CannotShowError):
                verify(BytesIO(b"no picture"), JPEG)
        assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 2
        assert not children(zygote())

    def test_a_system_without_them_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        with pytest.raises(RuntimeError, match="only Linux has"):
            run(JUDGE, BytesIO(picture()))


class TestKilled:
    def test_a_zygote_that_was_killed_is_started_again(self) -> None:
        before = zygote()
        os.kill(before, signal.SIGKILL)
        assert run(JUDGE, BytesIO(picture())).head == {"size": [320, 200]}
        assert zygote() != before

    def test_a_zygote_that_hangs_is_replaced(self) -> None:
        before = zygote()
        os.kill(before, signal.SIGSTOP)
        with pytest.raises(JobTimeoutError):
            run(JUDGE, BytesIO(picture()), seconds=0.3)
        assert run(JUDGE, BytesIO(picture())).head == {"size": [320, 200]}
        assert not is_alive(before)

    def test_a_job_takes_its_child_along_with_the_zygote(self) -> None:
        pid = zygote()
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(self._end, run, ENDLESS, BytesIO(nested_forms()), seconds=4)
            (child,) = until(lambda: children(pid))
            os.kill(pid, signal.SIGKILL)
            until(lambda: not is_alive(child))
            done.result(PATIENCE_SECONDS)
        until(lambda: not children(zygote()))

    def test_a_child_that_was_killed_is_tried_again(self) -> None:
        killed = threading.Event()

        def kill_first() -> None:
            (child,) = until(lambda: children(pid))
            os.kill(child, signal.SIGKILL)
            killed.set()

        pid = zygote()
        with ThreadPoolExecutor(1) as pool:
            killing = pool.submit(kill_first)
            with pytest.raises((JobTimeoutError, JobLimitError)):
                run(ENDLESS, BytesIO(nested_forms()), seconds=2)
            killing.result(PATIENCE_SECONDS)
        assert killed.is_set()
        until(lambda: not children(pid))

    def test_a_decoder_that_crashes_ends_one_job(self) -> None:
        pid = zygote()

        def crash() -> None:
            (child,) = until(lambda: children(pid))
            os.kill(child, signal.SIGSEGV)

        with ThreadPoolExecutor(1) as pool:
            crashing = pool.submit(crash)
            with pytest.raises(JobCrashedError):
                run(ENDLESS, BytesIO(nested_forms()), seconds=PATIENCE_SECONDS)
            crashing.result(PATIENCE_SECONDS)
        assert zygote() == pid

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_nothing_stays_when_the_web_process_is_killed(self, how: signal.Signals, tmp_path: Path) -> None:
        (tmp_path / "bomb.pdf").write_bytes(nested_forms())
        program = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "from cas.media.processes import run\n"
            f"run({json.dumps(ENDLESS)}, open({str(tmp_path / 'bomb.pdf')!r}, 'rb'), seconds=60)"
        )
        web = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
        (theirs,) = until(lambda: children(web.pid))
        (child,) = until(lambda: children(theirs))
        web.send_signal(how)
        web.wait(PATIENCE_SECONDS)
        until(lambda: not is_alive(theirs) and not is_alive(child))

    def _end(self, work: Any, *arguments: Any, **options: Any) -> None:
        with suppress(processes.JobError):
            work(*arguments, **options)


def in_a_fork(pipe: Any) -> None:
    pipe.send((processes._current is None, run(JUDGE, BytesIO(picture())).head))


class TestFork:
    def test_a_forked_process_has_its_own(self) -> None:
        before = zygote()
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=in_a_fork, args=(theirs,))
        process.start()
        assert ours.poll(PATIENCE_SECONDS)
        assert ours.recv() == (True, {"size": [320, 200]})
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 0
        assert zygote() == before


def test_the_zygote_carries_nothing_of_the_project() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import cas.media.sandbox.zygote\n"
        "names = {name.split('.')[0] for name in sys.modules} & {'django', 'core', 'inventory', 'attachments', 'structlog'}\n"
        "assert not names, names\n"
        "assert not {name for name in sys.modules if name.startswith('cas.') and not name.startswith('cas.media')}"
    )
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
