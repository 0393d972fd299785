"""Kits and what they contain."""

from django.apps import AppConfig


class KitsConfig(AppConfig):
    name = "kits"

    def ready(self) -> None:
        from core import search
        from kits.api.includes import kits_of, used_in_kits
        from kits.availability import needed_parts
        from kits.models import Kit
        from kits.panel import kits_panel
        from kits.search import KITS
        from parts import panels
        from parts.api import includes
        from stock.low_stock import register_need

        search.register(KITS)
        search.connect(Kit)
        includes.register("kits", kits_of)
        includes.register_computed("used_in_kits", used_in_kits())
        register_need(needed_parts)
        panels.register(kits_panel)
