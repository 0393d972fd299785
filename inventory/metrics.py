"""`/metrics`, for localhost and for clients with the metrics token."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import generate_latest

from cas.audit.report_metrics import REGISTRY
from core.errors import NotAllowedError


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format. Raises NotAllowedError for strangers."""
    if not _is_allowed(request):
        raise NotAllowedError("Metrics are served to localhost, and to clients with the metrics token.")
    response: HttpResponse = ExportToDjangoView(request)
    response.write(generate_latest(REGISTRY))
    return response


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on the same machine everybody would look like loopback.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and ip_address(request.META.get("REMOTE_ADDR") or "::").is_loopback
