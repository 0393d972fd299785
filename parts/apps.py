"""Parts, their types and tags."""

from django.apps import AppConfig


class PartsConfig(AppConfig):
    name = "parts"

    def ready(self) -> None:
        from core import search
        from parts import signals
        from parts.search import PARTS

        search.register(PARTS)
        signals.connect()
