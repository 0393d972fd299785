"""Parameters of addresses that are no columns to filter by."""

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

FLAGS = {"true": True, "false": False}
FLAG_SENTENCE = "Must be true or false."


def flag(request: Request, name: str) -> bool:
    """The parameter, false when absent or blank. Raises ValidationError for anything but true and false."""
    text = request.query_params.get(name, "").lower() or "false"
    if text not in FLAGS:
        raise ValidationError({name: [FLAG_SENTENCE]})
    return FLAGS[text]
