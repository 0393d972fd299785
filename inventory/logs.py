"""Structured logs: one event a line on stderr, JSON in production, readable text in debug mode."""

import logging.config
from typing import Any

import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]

# One list for good: loggers keep it from their first line on, also when logging is configured again.
_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.filter_by_level,
    *_SHARED[1:],
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def logging_config(*, readable: bool) -> dict[str, Any]:
    """The `LOGGING` setting."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    )
    to_text = [] if readable else [structlog.processors.format_exc_info]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *to_text,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # django-structlog writes a line for every request already.
            "django.server": {"handlers": [], "propagate": False},
            "django_structlog": {"level": "INFO"},
            # It writes what strange servers send, and the addresses that they were asked for.
            "urllib3.connection": {"level": "ERROR"},
            # They tell every step of making a font smaller, for every PDF.
            "fontTools": {"level": "WARNING"},
            "fpdf": {"level": "ERROR"},
            # What it does for every login is no news.
            "axes": {"level": "WARNING"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """`LOGGING_CONFIG`: the standard library and structlog write through the same handler."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
