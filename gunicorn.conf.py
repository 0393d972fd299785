"""How gunicorn serves the project: threads, so that slow clients do not block others; sendfile for folder stores."""

import json
import os
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn import systemd, util
from gunicorn.http.unreader import SocketUnreader

from inventory.origins import HOST, PORT

bind = f"{HOST}:{PORT}"
wsgi_app = "inventory.wsgi:application"
# Threads, of which none waits for a head.
worker_class = "inventory.gunicorn_worker.HeadFirstWorker"
# Two, since the threads of one process take turns: many clients at once would get fewer answers a second than one.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# More than wait for a picture that takes long to open (cas/media/slots.py), so that lists are answered meanwhile.
threads = 16
# Workers are copies of a process that has imported everything: a new one serves at once. HUP replaces them; new code
# comes with a second generation, see the end.
preload_app = True
# For an upload that is on its way to the store.
graceful_timeout = 60
keepalive = 30
# A link may have 2,000 characters, and more when they are escaped.
limit_request_line = 8190
# A body is read in pieces that malloc takes from its heap. For each of gunicorn's own, of a megabyte, the kernel makes
# new pages, which is 40 % of the processor time of an upload of 20 MB.
SocketUnreader.max_body_chunk = 64 * 1024
# It would open a socket in the home folder.
control_socket_disable = True

# Where the workers share their figures, unless somebody said.
# After HUP this file is read again, and the folder is still ours.
_figures = os.environ.get("_INVENTORY_FIGURES")
if workers > 1 and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _figures = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="inventory-figures-")
    os.environ["_INVENTORY_FIGURES"] = _figures


def _refuse(sock: socket.socket, status: int, reason: str, message: str) -> None:
    """What gunicorn refuses by itself (a request line that is too long, say), in the form of every other error."""
    body = json.dumps({"error": "The request cannot be understood.", "details": {"code": "bad_request"}}).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode("latin-1") + body)


# Every error is JSON, and gunicorn has neither a setting nor a hook for what it refuses before the project is called.
util.write_error = _refuse


def child_exit(server: Any, worker: Any) -> None:
    """Take the figures of a worker that is gone out of those that only the living have."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Leave nothing behind. A second generation still uses the folder, and removes it at its own end."""
    if _figures and not server.reexec_pid:
        shutil.rmtree(_figures, ignore_errors=True)


# --- A second generation: new code without a pause -------------------------------------------------
# After USR2 gunicorn starts itself anew, on the same socket. The first generation goes on until a worker of the second
# can serve, and only then is it asked to leave. If the new code does not start, it just stays.


def when_ready(server: Any) -> None:
    """Tell systemd, if it is there, which process is the service from now on; tell whoever forgot `collectstatic`."""
    from django.conf import settings

    from inventory.static_files import not_collected

    if not settings.DEBUG and (missing := not_collected()):
        server.log.error("The files of the pages are not there (%s): run manage.py collectstatic.", missing)
    if server.master_pid:
        systemd.sd_notify(f"MAINPID={server.pid}", server.log)


def post_fork(server: Any, worker: Any) -> None:
    """Keep gunicorn from looking at the prefix itself: it answers 500 where the proxy takes it away from the path."""
    os.environ.pop("SCRIPT_NAME", None)


def post_worker_init(worker: Any) -> None:
    """Ask the first generation to leave."""
    first = int(os.environ.get("GUNICORN_PID", "0"))
    if first and _parent_of(worker.ppid) == first:
        with suppress(ProcessLookupError):
            os.kill(first, signal.SIGTERM)


def _parent_of(pid: int) -> int | None:
    """Only the process that has started ours is the first generation; its number may be another's by now."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("PPid:"):
                return int(line.split()[1])
    return None
