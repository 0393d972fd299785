"""Runs the web server and the event stream side by side: `manage.py serve`, after its checks, becomes this program.

It is no general process manager. The web server is what counts: when it ends, this ends too, with its exit code. A
stream that ends is started again. HUP and USR2 go to the web server only, so streams stay open: HUP gives it new
workers, USR2 a second generation with new code (gunicorn.conf.py), which is the web server from then on.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_LOOK_SECONDS = 0.2
# Between two starts of a stream that keeps ending: twice as long each time, until it has lived for a while.
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_LIVED_SECONDS = 60.0
# Of prctl, see its manual.
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36
_RELOADS = {signal.SIGHUP, signal.SIGUSR2}


class Pair:
    """The two processes."""

    def __init__(self, options: list[str]) -> None:
        # Not with `python -m`: gunicorn could not start a second generation of itself.
        gunicorn = [str(Path(sys.executable).with_name("gunicorn")), *options, "--config"]
        self._web_command = [*gunicorn, str(_ROOT / "gunicorn.conf.py")]
        self._stream_command = [*gunicorn, "python:inventory.stream.gunicorn"]
        self._signals: list[int] = []
        self._stopping = False
        self._pause = _FIRST_PAUSE_SECONDS
        # Their pids; of the stream also its exit code, once it has ended.
        self._web = self._stream = 0
        self._stream_code: int | None = None
        self._started_at = 0.0
        self._start_again_at: float | None = None

    def run(self) -> int:
        """Serve until the web server ends, and return its exit code."""
        for number in (*_RELOADS, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, lambda received, _: self._signals.append(received))
        # The second generation of the web server is a child of the first, and becomes ours when that ends.
        _prctl(_SET_CHILD_SUBREAPER, 1)
        self._web = _start(self._web_command)
        self._start_stream()
        code = None
        while code is None:
            self._pass_signals_on()
            code = self._note_ended()
            self._look_after_stream()
            time.sleep(_LOOK_SECONDS)
        if self._stream_code is None:
            os.kill(self._stream, signal.SIGTERM)
            os.waitpid(self._stream, 0)
        return 128 - code if code < 0 else code

    def _note_ended(self) -> int | None:
        """Note which children have ended, orphans of theirs included.

        The exit code of the web server, once it has ended and left no successor.
        """
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                code = os.waitstatus_to_exitcode(status)
                if pid == self._stream:
                    self._stream_code = code
                elif pid == self._web:
                    successor = _second_generation(pid)
                    if successor is None:
                        return code
                    self._web = successor
        return None

    def _pass_signals_on(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            self._stopping = self._stopping or number not in _RELOADS
            os.kill(self._web, number)

    def _start_stream(self) -> None:
        self._started_at = time.monotonic()
        self._start_again_at = self._stream_code = None
        self._stream = _start(self._stream_command)

    def _look_after_stream(self) -> None:
        if self._stopping or self._stream_code is None:
            return
        now = time.monotonic()
        if self._start_again_at is None:
            if now - self._started_at > _LIVED_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            self._start_again_at = now + self._pause
            sys.stderr.write(
                f"The event stream has ended (exit code {self._stream_code}). "
                f"It is started again in {self._pause:g} s.\n"
            )
            sys.stderr.flush()
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        elif now >= self._start_again_at:
            self._start_stream()


def _start(command: list[str]) -> int:
    """The pid of the new process, which is waited for by hand: so are orphans that become ours."""
    # A group of its own: Ctrl-C in a terminal reaches this program only, which then ends the others in order.
    process = subprocess.Popen(  # noqa: S603  (our own commands)
        command,
        # Started from whichever folder: paths in the environment are relative to that one.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))},
        process_group=0,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  (there are no threads here)
    )
    # Or it would complain that nobody has asked for its exit code.
    process.returncode = 0
    return process.pid


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent is killed, or it would go on and hold the port."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _second_generation(first: int) -> int | None:
    """The child of ours that this process has started in its place. (Its workers may have become ours too.)"""
    with suppress(OSError):
        children = Path("/proc/self/task", str(os.getpid()), "children").read_text(encoding="ascii").split()
        for child in map(int, children):
            with suppress(OSError):
                if f"GUNICORN_PID={first}".encode() in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
                    return child
    return None


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="manage.py serve")
    parser.add_argument("--log-level", default="info")
    return Pair(["--log-level", parser.parse_args().log_level]).run()


if __name__ == "__main__":
    sys.exit(main())
