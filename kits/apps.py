"""Kits and what they contain."""

from django.apps import AppConfig


class KitsConfig(AppConfig):
    name = "kits"

    def ready(self) -> None:
        from kits.api.includes import kits_of
        from parts.api import includes

        includes.register("kits", kits_of)
