"""`manage.py loaddata`: Django's own, which goes past the services, and the index of the search after it."""

from typing import Any

from django.core.management.commands import loaddata
from typing_extensions import override

from core.search.rebuild import rebuild


class Command(loaddata.Command):
    """As Django documents it."""

    @override
    def handle(self, *fixture_labels: Any, **options: Any) -> None:
        super().handle(*fixture_labels, **options)
        rebuild()
