"""gunicorn's worker with threads, in which a request takes a thread only once its head is there.

gunicorn's own waits in a thread: five seconds for the first byte, and for the rest of the head without end. So few
connections that send nothing, or half a head, keep everybody else out.
"""

import errno
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

# From the connection, or the first byte of a further request, to the end of the head.
HEAD_SECONDS = 10.0
# Web servers in front allow less.
HEAD_BYTES = 64 * 1024

_END = b"\r\n\r\n"
_HARMLESS = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class HeadFirstWorker(ThreadWorker):  # type: ignore[misc]  # (untyped)
    """Reads heads in the main loop, for all connections at once, without blocking.

    A head that is not complete in time is dropped with its connection. Bodies have no deadline: a large upload over a
    slow line is nothing wrong.
    """

    def accept(self, listener: Any) -> None:
        """Take a connection, and wait for its first head."""
        if self.cfg.is_ssl:
            # Its bytes have to be decrypted before anybody can look for the end of a head.
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _HARMLESS:
                raise
            return
        self.nr_conns += 1
        self._await_head(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A connection that was kept open gets another request."""
        if self.cfg.is_ssl:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """Some of a head arrives."""
        if self.cfg.is_ssl:
            super().on_pending_socket_readable(conn, client)
            return
        try:
            data = client.recv(HEAD_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        # The end may lie across two pieces.
        searched_from = max(0, len(conn.head) - len(_END) + 1)
        conn.head += data
        if data and conn.head.find(_END, searched_from) < 0 and len(conn.head) <= HEAD_BYTES:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if not data:
            self._drop(conn)
        else:
            self._take(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """After an answer: if something of the next request was read with this one, its head is waited for too."""
        kept = not self.cfg.is_ssl and not fs.cancelled() and fs.exception() is None and fs.result()
        read_ahead = conn.parser.unreader.take_buffered() if kept else b""
        if read_ahead:
            self._await_head(conn, read_ahead)
        else:
            super().finish_request(conn, fs)

    def _await_head(self, conn: Any, received: bytes = b"") -> None:
        conn.head = bytearray(received)
        if _END in conn.head:
            self._take(conn)
            return
        conn.sock.setblocking(False)
        seconds = HEAD_SECONDS if self.alive else STOP_KEEPALIVE_LINGER
        conn.timeout = time.monotonic() + seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _take(self, conn: Any) -> None:
        """Give the connection to a thread."""
        head, conn.head = bytes(conn.head), bytearray()
        if _END not in head:
            util.write_error(conn.sock, 431, "Request Header Fields Too Large", "")
            self._drop(conn)
            return
        conn.init()
        conn.parser.unreader.unread(head)
        self.enqueue_req(conn)

    def _drop(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops does not wait for silent connections either."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
