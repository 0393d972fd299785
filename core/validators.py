"""What text may contain, for every model of the inventory."""

import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

# "Cc" are the control characters (NUL among them), "Cs" lone surrogates, which no database stores.
_FORBIDDEN = {"Cc", "Cs"}


def single_line(value: str) -> None:
    """Refuse control characters: in a title they are a mistake or an attack."""
    if any(unicodedata.category(character) in _FORBIDDEN for character in value):
        raise ValidationError("Control characters are not allowed.", code="control_character")


def several_lines(value: str) -> None:
    """The same, but line breaks and tabs are fine."""
    single_line(value.replace("\n", "").replace("\r", "").replace("\t", ""))


def without_credentials(url: str) -> None:
    """Refuse a user name or a password in an address: whoever sees the link would see them."""
    try:
        has_credentials = "@" in urlsplit(url).netloc
    except ValueError:
        return  # It is no address at all; others say so.
    if has_credentials:
        raise ValidationError("The address must not hold a user name or a password.", code="credentials")
