"""gunicorn's configuration for the stream process: `gunicorn --config python:inventory.stream.gunicorn`."""

import resource
from functools import partial
from typing import Any

from inventory.origins import HOST, STREAM_PORT

bind = f"{HOST}:{STREAM_PORT}"
wsgi_app = "inventory.stream.app:application"
worker_class = "asgi"
# No uvloop, should somebody have it: it is not tested with.
asgi_loop = "asyncio"
asgi_lifespan = "off"
# One holds thousands of streams that say next to nothing.
workers = 1
# A stream that ends blanks a page. So no worker is recycled, and one that the machine held up is not killed at once.
max_requests = 0
timeout = 120
# No stream ends within any time: to wait for them at the end is of no use.
graceful_timeout = 1
# It would open a socket in the home folder.
control_socket_disable = True

# Every stream is an open file, and the usual limit is 1,024.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = 65_536 if _hard == resource.RLIM_INFINITY else min(65_536, _hard)
if _soft != resource.RLIM_INFINITY and _soft < _wanted:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_wanted, _hard))


def post_worker_init(worker: Any) -> None:
    """Let as many wait to be accepted as `backlog` says, not asyncio's hundred: after a restart all pages come at once.

    A connection too many is tried again by its kernel, after seconds, in which a proxy gives up.
    """
    worker.loop.create_server = partial(worker.loop.create_server, backlog=worker.cfg.backlog)
