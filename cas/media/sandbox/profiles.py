"""ICC profiles (ICC.1:2022) for pictures that tell their colours in another way."""

import struct
from functools import lru_cache

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_PRIMARIES = {
    # ITU-T H.273, table 2: BT.709, BT.601 of 625 and of 525 lines, BT.2020, Display P3. White, red, green, blue.
    1: _SRGB_PRIMARIES,
    5: (0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
# Parameters of ICC.1:2022, table 67: an exponent, or an exponent behind a straight piece.
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
VIDEO_CURVE = (2.4,)
# Table 3 of H.273: what cameras do, that of BT.709 and its kin, is undone by the curve of a screen.
_CAMERAS = frozenset({1, 6, 14, 15})
_CURVES: dict[int, tuple[float, ...]] = {4: (2.2,), 5: (2.8,), 8: (1.0,), 13: SRGB_CURVE}
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
Matrix = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=8)
def _cached(curve: tuple[float, ...], primaries: tuple[float, ...]) -> bytes | None:
    white_x, white_y, *points = primaries
    if min(white_y, *points[1::2]) <= 0:
        return None
    white = (white_x / white_y, 1.0, (1 - white_x - white_y) / white_y)
    columns = _transposed(tuple((x / y, 1.0, (1 - x - y) / y) for x, y in zip(points[::2], points[1::2], strict=True)))
    try:
        amounts = _times(_inverse(columns), white)
        scaled = tuple(tuple(value * amount for value, amount in zip(row, amounts, strict=True)) for row in columns)
        cone, target = _times(_BRADFORD, white), _times(_BRADFORD, _D50)
        scale = tuple(tuple(target[i] / cone[i] if i == j else 0.0 for j in range(3)) for i in range(3))
        adapted = _product(_product(_inverse(_BRADFORD), scale), _BRADFORD)
        red, green, blue = _transposed(_product(adapted, scaled))
    except ZeroDivisionError:
        return None
    return _profile(curve, (red, green, blue))


def profile_of_gamma(gamma: float, primaries: list[float] | None) -> bytes | None:
    """A profile with this exponent (that of encoding) and these primaries (white, red, green, blue; x and y of each).

    Without primaries, those of sRGB. None for numbers that are none.
    """
    if not 0.01 < gamma < 10:
        return None
    return _cached((1 / gamma,), tuple(primaries or _SRGB_PRIMARIES))


def profile_of_codes(primaries: int, transfer: int, *, screen: tuple[float, ...]) -> bytes | None:
    """A profile for the codes of ITU-T H.273; None for codes that are not specified, or need more than a curve.

    `screen` is the curve that browsers take for video: it depends on the format.
    """
    curve = screen if transfer in _CAMERAS else _CURVES.get(transfer)
    if primaries not in _PRIMARIES or curve is None:
        return None
    return _cached(curve, _PRIMARIES[primaries])


def _profile(parameters: tuple[float, ...], colorants: tuple[tuple[float, ...], ...]) -> bytes:
    function = 0 if len(parameters) == 1 else 3
    curve = b"para" + bytes(4) + struct.pack(">HH", function, 0) + b"".join(map(_fixed, parameters))
    tags = {
        b"wtpt": b"XYZ " + bytes(4) + b"".join(map(_fixed, _D50)),
        **{
            name: b"XYZ " + bytes(4) + b"".join(map(_fixed, colour))
            for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = b"", b""
    offset = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = offset + len(body)
    header = struct.pack(">I4sI", size, bytes(4), 0x04300000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += b"".join(map(_fixed, _D50)) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body


def _fixed(value: float) -> bytes:
    return struct.pack(">i", max(-(2**31), min(2**31 - 1, round(value * 65536))))


def _transposed(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _times(matrix: Matrix, vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _product(left: Matrix, right: Matrix) -> Matrix:
    return _transposed(tuple(_times(left, column) for column in _transposed(right)))


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple(tuple(value / determinant for value in row) for row in rows)
