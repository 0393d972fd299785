"""The figures of commands for `/metrics`: from their last reports, so that a scrape counts nothing."""

from collections.abc import Iterator

import structlog
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cas.audit import reports
from cas.models import CommandReport

logger = structlog.get_logger(__name__)

_EXPORTED_ALREADY = {"blobs", "bytes"}
_HELP = "From the last run of"


class ReportCollector(Collector):
    """`cas_blobs` and `cas_bytes`, and for each number of a report a gauge such as `cas_gc_purged`."""

    def collect(self) -> Iterator[Metric]:
        """One query. Without the database there are no such figures; the others must not suffer."""
        try:
            finished = CommandReport.objects.defer("findings").filter(finished_at__isnull=False)
            found = {report.command: report for report in finished}
        except DatabaseError:
            logger.exception("reports_unavailable")
            return
        newest = reports.newest(found.values())
        if newest is not None:
            yield GaugeMetricFamily("cas_blobs", f"Contents. {_HELP} {newest.command}.", newest.summary["blobs"])
            yield GaugeMetricFamily(
                "cas_bytes", f"Bytes of contents. {_HELP} {newest.command}.", newest.summary["bytes"]
            )
        for report in found.values():
            yield from _gauges(report)


def _gauges(report: CommandReport) -> Iterator[Metric]:
    assert report.finished_at is not None, "only finished reports are read"
    moment = report.finished_at.timestamp()
    yield GaugeMetricFamily(
        f"{report.command}_finished_timestamp_seconds", f"End of the last {report.command}.", moment
    )
    for name, number in report.summary.items():
        if name in _EXPORTED_ALREADY:
            continue
        yield GaugeMetricFamily(
            f"{report.command}_{name}", f"{name.replace('_', ' ')}. {_HELP} {report.command}.", number
        )


# A registry of its own: with several processes the default one is not what is exported.
REGISTRY = CollectorRegistry()
REGISTRY.register(ReportCollector())
