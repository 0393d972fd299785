"""Everything that changes boxes and stock: for the API, the admin, imports, commands and the shell alike.

Locks are taken in one order: Part, Box, Location, Stock, the first and the third by ascending primary key. Stock is
read only once its part and its places are locked, so whoever waited reads what the other one wrote.
"""

from stock.services.boxes import change_box, create_box, delete_box, renumber_box
from stock.services.causes import Cause
from stock.services.counts import count
from stock.services.minimums import set_minimum
from stock.services.quantities import add, move, remove
from stock.services.reversals import reverse
from stock.services.suggestions import suggest
from stock.services.totals import places, totals

__all__ = [
    "Cause",
    "add",
    "change_box",
    "count",
    "create_box",
    "delete_box",
    "move",
    "places",
    "remove",
    "renumber_box",
    "reverse",
    "set_minimum",
    "suggest",
    "totals",
]
