"""What the content store counts."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Histogram

REQUESTS = Counter("cas_requests_total", "Answers of the content addresses.", ["status", "kind"])
RESPONSE_SECONDS = Histogram("cas_response_seconds", "Time until an answer begins.", ["kind", "cache"])
DEDUP_HITS = Counter("cas_dedup_hits_total", "Uploads whose bytes were stored already.")
SENT_WHILE_LOCKED = Counter(
    "cas_sent_while_locked_total",
    "Contents sent inside their transaction: lost, damaged or just collected. Usually they are sent before.",
)
THUMBNAIL_CACHE = Counter("cas_thumbnail_cache_total", "Thumbnails asked for.", ["result"])


def measured(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Count the answers of a content view and the time until they begin."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        started = time.perf_counter()
        response = view(request, *args, **kwargs)
        kind = "thumbnail" if "thumbnail" in request.GET else "content"
        cache = "revalidated" if response.status_code == 304 else "sent"
        REQUESTS.labels(str(response.status_code), kind).inc()
        RESPONSE_SECONDS.labels(kind, cache).observe(time.perf_counter() - started)
        return response

    return wrapped
