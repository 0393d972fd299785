"""How gunicorn serves the project: threads, so that slow clients do not block others; sendfile for folder stores."""

import json
import os
import shutil
import socket
import tempfile
from typing import Any

from gunicorn import util

from inventory.origins import HOST, PORT

bind = f"{HOST}:{PORT}"
wsgi_app = "inventory.wsgi:application"
worker_class = "gthread"
# Two, since the threads of one process take turns: many clients at once would get fewer answers a second than one.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# More than wait for a picture that takes long to open (cas/media/slots.py), so that lists are answered meanwhile.
threads = 16
keepalive = 30
# A link may have 2,000 characters, and more when they are escaped.
limit_request_line = 8190
# It would open a socket in the home folder.
control_socket_disable = True

# Where the workers share their figures, unless somebody said.
_figures = None
if workers > 1 and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _figures = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="inventory-figures-")


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
    """Leave nothing behind."""
    if _figures:
        shutil.rmtree(_figures, ignore_errors=True)
