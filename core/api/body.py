"""What a client sends, read by a serializer that is made once: making one anew takes longer than reading the body."""

from functools import cache
from typing import Any

from rest_framework.serializers import Serializer


def read(form: type[Serializer[Any]], data: Any, *, partial: bool = False) -> dict[str, Any]:
    """The values that the form takes from the data; with `partial` an absent field is no fault.

    The form keeps nothing of what it reads, so it knows neither the row that is changed nor the request. Raises
    ValidationError of REST framework.
    """
    values: dict[str, Any] = _made(form, partial=partial).run_validation(data)
    return values


@cache
def _made(form: type[Serializer[Any]], *, partial: bool) -> Serializer[Any]:
    made = form(partial=partial)
    # Built at the first look, which must not be that of two threads.
    list(made.fields)
    return made
