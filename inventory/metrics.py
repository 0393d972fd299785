"""`/metrics`, for localhost and for clients with the metrics token."""

import hmac
import shutil
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cas.audit.report_metrics import REGISTRY
from core.errors import NotAllowedError
from inventory import health
from inventory.search_counts import IndexCollector


class SiteCollector(Collector):
    """Whether this server reaches what it needs, as `/health/ready` says, and how full its disk is."""

    def collect(self) -> Iterator[Metric]:
        """Looks when it is asked."""
        ready = GaugeMetricFamily("inventory_ready", "Whether the server reaches what it needs.", labels=["part"])
        for part, state in health.parts().items():
            ready.add_metric([part], state == "ok")
        yield ready
        disk = shutil.disk_usage(settings.DATA_DIR)
        yield GaugeMetricFamily("inventory_data_free_bytes", "Free bytes of the data folder's disk.", disk.free)
        yield GaugeMetricFamily("inventory_data_size_bytes", "Size of the data folder's disk.", disk.total)


_SITE = CollectorRegistry()
_SITE.register(SiteCollector())
_SITE.register(IndexCollector())


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format. Raises NotAllowedError for strangers."""
    if not _is_allowed(request):
        raise NotAllowedError("Metrics are served to localhost, and to clients with the metrics token.")
    response: HttpResponse = ExportToDjangoView(request)
    for registry in (REGISTRY, _SITE):
        response.write(generate_latest(registry))
    return response


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on the same machine everybody would look like loopback.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and ip_address(request.META.get("REMOTE_ADDR") or "::").is_loopback
