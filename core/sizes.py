"""Numbers of bytes as people read them: in powers of 1000, like the limits, on every page."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.html import avoid_wrapping


def human_size(size: int) -> str:
    """`512 bytes`, `49.2 kB` or `10.0 MB`, as the panel's script says it too (`humanSize` in `dom.js`)."""
    if size < 1000:
        return avoid_wrapping(f"{size} bytes")
    number, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    # Python would round halves to even, JavaScript rounds them up.
    rounded = Decimal(number).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return avoid_wrapping(f"{rounded} {unit}")
