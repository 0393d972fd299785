"""By what kits are found."""

from collections.abc import Mapping, Sequence

from core.search import Kind, Text
from kits.models import Kit


def texts(ids: Sequence[int]) -> Mapping[int, Text]:
    """The text of each of these kits that there is."""
    rows = Kit.objects.order_by("pk").filter(pk__in=ids).values_list("pk", "name", "description")
    return {pk: Text((description,), key=name, code=name) for pk, name, description in rows}


KITS = Kind("kit", Kit, texts)
