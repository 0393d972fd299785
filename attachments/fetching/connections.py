"""Connections to checked addresses that neither outlive their deadline nor bring more bytes than they may."""

import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from attachments.fetching.deadline import Deadline
from attachments.fetching.networks import IPAddress
from attachments.fetching.urls import Target


class Allowance:
    """How long, and how much, a connection may receive."""

    def __init__(self, deadline: Deadline, max_bytes: int) -> None:
        self.deadline = deadline
        self._left = max_bytes

    def take(self, count: int) -> None:
        """Count received bytes. Raises OSError when there are too many."""
        self._left -= count
        if self._left < 0:
            raise OSError("too many bytes")


class _Limited:
    """A socket whose every operation ends with the deadline: a timeout alone starts anew with each byte."""

    allowance: Allowance | None = None

    def _begin(self) -> None:
        if self.allowance is not None:
            self.settimeout(self.allowance.deadline.left())  # type: ignore[attr-defined]

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._begin()
        count: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        if self.allowance is not None:
            self.allowance.take(count)
        return count

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._begin()
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class _LimitedSocket(_Limited, socket.socket):
    pass


class _LimitedTLSSocket(_Limited, ssl.SSLSocket):
    pass


class _CheckedConnection(HTTPConnection):
    """Goes to the checked addresses, under the name that they were checked for. There is no second look-up."""

    ips: Sequence[IPAddress]
    allowance: Allowance

    def _new_conn(self) -> socket.socket:
        fault: OSError | None = None
        for position, ip in enumerate(self.ips):
            # None of several may use up the time of the others.
            seconds = self.allowance.deadline.left() / (len(self.ips) - position)
            try:
                return self._connected(ip, seconds)
            except OSError as error:
                fault = error
        raise fault or OSError("no address")

    def _connected(self, ip: IPAddress, seconds: float) -> socket.socket:
        family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        connection = _LimitedSocket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect((str(ip), self.port))
            # The TLS handshake takes its time limit from here; it is one operation.
            connection.settimeout(self.allowance.deadline.left())
        except BaseException:
            connection.close()
            raise
        connection.allowance = self.allowance
        return connection


class _CheckedTLSConnection(_CheckedConnection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, _LimitedTLSSocket), "the context makes these"
        self.sock.allowance = self.allowance


def connection_to(target: Target, ips: Sequence[IPAddress], allowance: Allowance) -> HTTPConnection:
    """A connection, not yet open. Host, SNI and certificate are those of the target's name."""
    connection: _CheckedConnection
    if target.scheme == "https":
        connection = _CheckedTLSConnection(target.host, target.port, ssl_context=tls_context())
    else:
        connection = _CheckedConnection(target.host, target.port)
    connection.ips, connection.allowance = ips, allowance
    connection.timeout = allowance.deadline.left()
    return connection


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`."""
    context = ssl.create_default_context()
    context.sslsocket_class = _LimitedTLSSocket
    return context
