"""Structured logs."""

import structlog
from django.conf import settings
from structlog.testing import capture_logs

from inventory.logs import configure


class TestConfigure:
    def test_again_reaches_loggers_that_wrote_before(self) -> None:
        logger = structlog.get_logger("inventory.example")
        logger.info("first")
        configure(settings.LOGGING)
        with capture_logs() as logs:
            logger.info("second")
        assert [line["event"] for line in logs] == ["second"]
