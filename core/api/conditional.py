"""`ETag`, `If-None-Match` and `If-Match` (RFC 9110, section 13) on single resources.

The tag is a hash of the JSON data itself, so it changes exactly when an answer does: also when a cover passes to
another picture, or a type gets another name. Dates of rows would miss that.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.schema import operation
from core.errors import PreconditionFailedError
from core.etags import not_modified

# Kept by nobody but the browser, and asked for again each time; the answer is mostly 304.
_CACHE = "private, no-cache"


class ConditionalView(APIView):
    """A single resource. The answer of every method that has a body is the resource as it is then.

    Its `get` is made by `reading`. A change belongs into `as_seen()`, or calls `refuse_another_version()`, so that
    `If-Match` is honoured; who uses neither, or the second, needs no `lock`.
    """

    # The resource's JSON data, by the parameters of its path. Raises NotFoundError.
    represent: Callable[..., Any]
    # Locks the rows that whoever changes the resource locks first; what is gone needs no lock.
    lock: Callable[..., None]

    @contextmanager
    def as_seen(self, request: Request, **where: Any) -> Iterator[None]:
        """Do a change while the resource is the version that the client names in If-Match, if it names one.

        Raises PreconditionFailedError when it is another one by now, NotFoundError when it is gone.
        """
        if "If-Match" not in request.headers:
            yield
            return
        with transaction.atomic():
            self.lock(**where)
            self.refuse_another_version(request, **where)
            yield

    def refuse_another_version(self, request: Request, **where: Any) -> None:
        """For a change that has a transaction of its own, and calls this once the resource is locked.

        Raises PreconditionFailedError when it is not the version that the client names, if it names one.
        """
        if "If-Match" in request.headers:
            _compare(request, self.represent(**where))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the tag; a client that has this version already gets 304 and no body."""
        if isinstance(response, Response) and response.status_code == 200:
            response = _tagged(request, response.data)
        return super().finalize_response(request, response, *args, **kwargs)


def reading(name: str, summary: str, **described: Any) -> Callable[..., Response]:
    """The `get` of such a view: its resource. What describes it is what `operation` takes."""

    def get(self: ConditionalView, request: Request, **where: Any) -> Response:
        data = self.represent(**where)
        _compare(request, data)
        return Response(data)

    get.__doc__ = summary
    return operation(name, **described)(get)


def etag_of(data: Any) -> str:
    """A strong validator of this JSON."""
    return _etag(_json(data))


def _json(data: Any) -> bytes:
    body: bytes = JSONRenderer().render(data)
    return body


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _tagged(request: Request, data: Any) -> HttpResponse:
    """The answer, whole as it is: REST framework would make JSON of the data a second time."""
    body = _json(data)
    etag = _etag(body)
    unchanged = request.method in {"GET", "HEAD"} and not_modified(request._request, etag)
    response = HttpResponseNotModified() if unchanged else HttpResponse(body, content_type=JSONRenderer.media_type)
    response["ETag"] = etag
    response["Cache-Control"] = _CACHE
    return response


def _compare(request: Request, data: Any) -> None:
    """If-Match compares strongly: a tag that a proxy made weak is no match."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and "*" not in (tags := parse_etags(wanted)) and etag_of(data) not in tags:
        raise PreconditionFailedError
