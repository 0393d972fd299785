"""Boxes, places and the ledger in the admin, and what the pages of parts show of the stock."""

from stock.admin.box import BoxAdmin
from stock.admin.movement import MovementAdmin
from stock.admin.stock import StockAdmin

__all__ = ["BoxAdmin", "MovementAdmin", "StockAdmin"]
