"""Boxes with places, what lies in them, and the ledger of every change."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "stock"

    def ready(self) -> None:
        from parts import extras, panels
        from parts.api import includes
        from stock import services, signals
        from stock.admin.labels import print_labels
        from stock.admin.panel import stock_panel
        from stock.admin.part_list import STOCK_COLUMN, StockFilter
        from stock.api.columns import COMPUTED, locations
        from stock.api.serializers import quantity_field

        signals.connect()
        for name, expression in COMPUTED.items():
            includes.register_computed(name, expression)
        includes.register("locations", locations)
        minimum = extras.ExtraField(
            save=services.set_minimum, input_field=lambda: quantity_field(required=False, allow_null=True)
        )
        extras.register("minimum_quantity", minimum)
        panels.register(stock_panel)
        panels.register_column(STOCK_COLUMN)
        panels.register_filter(StockFilter)
        panels.register_action(print_labels)
