"""One search for every list, picker and page. docs/search.md says what is found, and why.

Apps register in `ready()` what can be found (`Kind`) and what it is found by too (`Belonging`); their services call
`touch` where a text changes. Lists and pickers call `find`.
"""

from core.search.finding import count_search, find, find_belongings, hits, hits_by_name, keys
from core.search.index import connect, forget_part, reindex, touch
from core.search.kinds import Belonging, Kind, kind_of, kinds, register
from core.search.tokens import Text

__all__ = [
    "Belonging",
    "Kind",
    "Text",
    "connect",
    "count_search",
    "find",
    "find_belongings",
    "forget_part",
    "hits",
    "hits_by_name",
    "keys",
    "kind_of",
    "kinds",
    "register",
    "reindex",
    "touch",
]
