"""Fill an empty database with the demo: parts, kits, their files, and somebody to log in as."""

import logging
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from cas.protocol import collect
from core.commands import refuse_unfinished_migrations
from parts.models import Part

_FIXTURES = Path(settings.BASE_DIR) / "fixtures"
_NAME = _PASSWORD = "admin"  # noqa: S105  (a demo on loopback, and it says so)


class Command(BaseCommand):
    """May be run again: what somebody changed in the demo stays."""

    help = "Loads the demo data into an empty database and prints how to look at it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The port, for the address that is printed."""
        parser.add_argument("--port", default="8000")

    @override
    def handle(self, **options: Any) -> None:
        refuse_unfinished_migrations()
        if not Part.objects.exists():
            # How to look at it is to stand alone.
            logging.disable(logging.INFO)
            try:
                call_command("cas_import", _FIXTURES / "blobs", stdout=StringIO())
                call_command("loaddata", *sorted(_FIXTURES.glob("*.json")), verbosity=0)
                # Imported contents are marked for deletion until the collector sees that rows refer to them, and it
                # does not run in the demo.
                sum(collect.unmark_used())
            finally:
                logging.disable(logging.NOTSET)
        if not User.objects.filter(username=_NAME).exists():
            User.objects.create_superuser(_NAME, password=_PASSWORD)
        self.stdout.write(
            f"\nThis is a demo, with a password that everybody knows; keep nothing of yours in it.\n\n"
            f"    http://127.0.0.1:{options['port']}/admin/\n"
            f"    login: {_NAME} / {_PASSWORD}\n"
        )
