"""A picture as from a telephone, made here."""

import random
from io import BytesIO

from PIL import Image


def photo() -> bytes:
    """A JPEG of 12 megapixels with the detail of a photo, not of a flat colour."""
    noise = Image.frombytes("RGB", (250, 188), random.Random(3).randbytes(250 * 188 * 3))
    output = BytesIO()
    noise.resize((4000, 3000), Image.Resampling.BICUBIC).save(output, "JPEG", quality=90)
    return output.getvalue()
