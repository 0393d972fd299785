"""Serves the site: the web server, and the event stream of the frontend beside it."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory import serve
from inventory.static_files import not_collected


class Command(BaseCommand):
    """`manage.py serve`."""

    help = "Serve the site on PORT, and the frontend's event stream on STREAM_PORT, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """How much gunicorn tells."""
        levels = ("debug", "info", "warning", "error", "critical")
        parser.add_argument("--log-level", default="info", choices=levels, help="What gunicorn writes to stderr.")

    def handle(self, *args: Any, log_level: str, **options: Any) -> None:
        """Become the program that runs both. It does without Django, which would only take memory in it."""
        if not settings.DEBUG and (missing := not_collected()):
            # Or the first page would be an error.
            raise CommandError(f"The files of the pages are not there ({missing}): run manage.py collectstatic first.")
        sys.stderr.flush()
        # -P: the program's own folder is none to import from.
        os.execv(sys.executable, [sys.executable, "-P", serve.__file__, "--log-level", log_level])  # noqa: S606
