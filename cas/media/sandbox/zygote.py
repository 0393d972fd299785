"""The zygote: imports everything once, then forks one child per job. One thread, so that forking is safe.

Standard input is a socket (SOCK_SEQPACKET) to the web process. A message is a job in JSON, with three descriptors: the
file, a pipe for the answer, and a socket. Through that socket the zygote says that the child runs, and how it ended;
when the web process closes it, the child is killed. The end of standard input ends everything.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from cas.media.sandbox import job
from cas.media.sandbox.protocol import ENDED, STARTED

_MAX_MESSAGE = 65536
_PLUGINS = (
    *(AvifImagePlugin, BmpImagePlugin, GifImagePlugin, IcoImagePlugin, ImageCms),
    *(JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin),
)


@dataclass
class _Child:
    pid: int
    control: socket.socket


class Zygote:
    """Its children, and the two sides that it listens to."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)
        self._deaths, wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        self._wakeup = wakeup
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._poll.register(self._deaths, select.POLLIN)

    def serve(self) -> None:
        """Until the web process is gone."""
        try:
            while True:
                ready = {descriptor for descriptor, _ in self._poll.poll()}
                # The dead last: only then are descriptors closed, whose numbers others may get.
                for descriptor in ready - {self._deaths, self._requests.fileno()}:
                    self._kill(descriptor)
                if self._requests.fileno() in ready and not self._accept():
                    return
                if self._deaths in ready:
                    self._reap()
        finally:
            for child in self._children.values():
                os.kill(child.pid, signal.SIGKILL)

    def _accept(self) -> bool:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._requests, _MAX_MESSAGE, 3)
        except ConnectionError:
            return False
        if not message:
            return False
        source, output, control = descriptors
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(message, source, output, control, zygote)
        os.close(source)
        os.close(output)
        child = _Child(pid, socket.socket(fileno=control))
        self._children[control] = child
        self._poll.register(control, select.POLLIN)
        self._tell(child, STARTED)
        return True

    def _become_child(self, message: bytes, source: int, output: int, control: int, zygote: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in (self._deaths, self._wakeup, self._requests.fileno(), control, *self._children):
                os.close(descriptor)
            job.run(json.loads(message), source, output, zygote)
            code = 0
        finally:
            # Nothing of the zygote may run in here: no clean-up, no second loop.
            os._exit(code)

    def _kill(self, control: int) -> None:
        """The web process does not wait any more."""
        self._poll.unregister(control)
        os.kill(self._children[control].pid, signal.SIGKILL)

    def _reap(self) -> None:
        while True:
            try:
                if not os.read(self._deaths, 4096):
                    break
            except BlockingIOError:
                break
        for control, child in list(self._children.items()):
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                del self._children[control]
                milliseconds = int((usage.ru_utime + usage.ru_stime) * 1000)
                self._tell(child, ENDED.pack(status, usage.ru_maxrss, milliseconds))
                # It was, when the web process did not wait any more.
                with suppress(KeyError):
                    self._poll.unregister(control)
                child.control.close()

    def _tell(self, child: _Child, message: bytes) -> None:
        # Perhaps nobody listens any more.
        with suppress(OSError):
            child.control.send(message, socket.MSG_DONTWAIT)


def main() -> None:
    """Import, say nothing, serve."""
    Image.preinit()
    # The terminal's Ctrl-C is for the web process, whose end ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Or each child's first collection would copy all pages.
    gc.disable()
    gc.freeze()
    Zygote(socket.socket(fileno=sys.stdin.fileno())).serve()
