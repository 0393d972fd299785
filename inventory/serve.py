"""Runs the web server and the event stream side by side: `manage.py serve`, after its checks, becomes this program.

It is no general process manager. The web server is what counts: when it ends, this ends too, with its exit code. A
stream that ends is started again. HUP goes to the web server only, which then serves new code while streams stay open.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_LOOK_SECONDS = 0.2
# Between two starts of a stream that keeps ending: twice as long each time, until it has lived for a while.
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_LIVED_SECONDS = 60.0
_SET_PARENT_DEATH_SIGNAL = 1


class Pair:
    """The two processes."""

    def __init__(self, options: list[str]) -> None:
        gunicorn = [sys.executable, "-m", "gunicorn", *options, "--config"]
        self._web_command = [*gunicorn, str(_ROOT / "gunicorn.conf.py")]
        self._stream_command = [*gunicorn, "python:inventory.stream.gunicorn"]
        self._signals: list[int] = []
        self._stopping = False
        self._pause = _FIRST_PAUSE_SECONDS

    def run(self) -> int:
        """Serve until the web server ends, and return its exit code."""
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, lambda received, _: self._signals.append(received))
        self._web = _start(self._web_command)
        self._start_stream()
        while self._web.poll() is None:
            self._pass_signals_on()
            self._look_after_stream()
            time.sleep(_LOOK_SECONDS)
        if self._stream.poll() is None:
            self._stream.terminate()
            self._stream.wait()
        code = self._web.returncode
        return 128 - code if code < 0 else code

    def _pass_signals_on(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            self._stopping = self._stopping or number != signal.SIGHUP
            self._web.send_signal(number)

    def _start_stream(self) -> None:
        self._started_at = time.monotonic()
        self._start_again_at: float | None = None
        self._stream = _start(self._stream_command)

    def _look_after_stream(self) -> None:
        if self._stopping or self._stream.poll() is None:
            return
        now = time.monotonic()
        if self._start_again_at is None:
            if now - self._started_at > _LIVED_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            self._start_again_at = now + self._pause
            sys.stderr.write(
                f"The event stream has ended (exit code {self._stream.returncode}). "
                f"It is started again in {self._pause:g} s.\n"
            )
            sys.stderr.flush()
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        elif now >= self._start_again_at:
            self._start_stream()


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # A group of its own: Ctrl-C in a terminal reaches this program only, which then ends the others in order.
    return subprocess.Popen(  # noqa: S603  (our own commands)
        command,
        # Started from whichever folder: paths in the environment are relative to that one.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))},
        process_group=0,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  (there are no threads here)
    )


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent is killed, or it would go on and hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="manage.py serve")
    parser.add_argument("--log-level", default="info")
    return Pair(["--log-level", parser.parse_args().log_level]).run()


if __name__ == "__main__":
    sys.exit(main())
