"""The ASGI application of the stream process.

`GET /api/sse/stream` answers 200 and stays open: comments as heartbeats, and the version of the deployed frontend. The
frontend shows nothing until the stream is open, and blanks when it ends; so it never ends by itself.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from inventory import environment as env
from inventory.origins import SCRIPT_NAME, is_own_origin
from inventory.stream.version import VersionSource

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STREAM = "/api/sse/stream"
_HEALTH = {"/health/live", "/readyz"}
# The browser's own pause before it connects again, in milliseconds. Shorter ones double the connections: the frontend
# has a timer too.
_RETRY = b"retry: 1000\n\n"
# Comments reach no handler of the page. They keep proxies from closing a silent connection.
_COMMENT = b":\n\n"
# The frontend listens a moment after the stream has opened; what comes sooner is lost.
_VERSION_AFTER_SECONDS = 1.0
_HEARTBEATS_PER_VERSION = 4


class EventStream:
    """The application. Every connection has a task of its own, so a slow reader keeps nobody waiting."""

    def __init__(self, *, version: VersionSource, heartbeat_seconds: float) -> None:
        self._version = version
        self._heartbeat_seconds = heartbeat_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        # A proxy may leave the site's prefix in the path.
        path = scope["path"].removeprefix(SCRIPT_NAME)
        if path in _HEALTH:
            await _answer(send, HTTPStatus.OK, {"status": "ok"})
        elif path != STREAM:
            await _refuse(send, HTTPStatus.NOT_FOUND, "not_found", "There is no such thing.")
        elif scope["method"] != "GET":
            await _refuse(send, HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This method does not exist here.")
        else:
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Message, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            self._version.current()  # so that it is known in a second
            await send({"type": "http.response.start", "status": 200, "headers": _headers(scope)})
            await _write(send, _RETRY + _COMMENT)
            sent = None
            if await _is_gone(gone, _VERSION_AFTER_SECONDS):
                return
            if sent := self._version.current():
                await _write(send, _event("version", version=sent))
            heartbeats = 0
            while not await _is_gone(gone, self._heartbeat_seconds):
                heartbeats += 1
                message = _COMMENT
                version = self._version.current()
                if version and (version != sent or heartbeats % _HEARTBEATS_PER_VERSION == 0):
                    message += _event("version", version=version)
                    sent = version
                await _write(send, message)
        finally:
            gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _is_gone(gone: "asyncio.Future[None]", within_seconds: float) -> bool:
    """Wait so long, or until the client is gone; whether it is."""
    # wait_for would cancel `receive`, which gunicorn then takes for the end of the connection.
    done, _ = await asyncio.wait({gone}, timeout=within_seconds)
    return bool(done)


def _event(name: str, **payload: str) -> bytes:
    """An unnamed event with the frontend's envelope."""
    return b"data: " + json.dumps({"type": name, "payload": payload}).encode() + b"\n\n"


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def _headers(scope: Message) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store, no-transform"),
        # nginx, also where its configuration does not say so.
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", b"Origin"),
    ]
    # latin-1 decodes every byte.
    sent = {name.lower(): value for name, value in scope["headers"] if name.lower() in {b"host", b"origin"}}
    origin, host = (sent.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    if origin and is_own_origin(origin, host):
        headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
    return headers


async def _refuse(send: Send, status: HTTPStatus, code: str, sentence: str) -> None:
    await _answer(send, status, {"error": sentence, "details": {"code": code}})


async def _answer(send: Send, status: HTTPStatus, data: dict[str, Any]) -> None:
    body = json.dumps(data).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _version_place() -> str:
    frontend = env.existing_folder("FRONTEND_DIR")
    return env.text("FRONTEND_VERSION", str(frontend / "version.json") if frontend else "")


application = EventStream(
    version=VersionSource(_version_place(), every_seconds=env.seconds("STREAM_VERSION_SECONDS", 60)),
    heartbeat_seconds=env.seconds("STREAM_HEARTBEAT_SECONDS", 15),
)
