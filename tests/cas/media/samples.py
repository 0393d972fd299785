"""Small pictures of every kind, made here: four fields of flat colours, so that turns and colours show."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

from cas.media.sandbox.profiles import profile_of_gamma

WIDTH, HEIGHT = 96, 64
# Left and right, above and below.
FIELDS = ((200, 60, 40), (60, 180, 80), (50, 80, 200), (220, 210, 120))
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_P3 = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]
_SRGB = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06]
# The colours of a screen whose red is blue.
_SWAPPED = [0.3127, 0.329, 0.15, 0.06, 0.3, 0.6, 0.64, 0.33]


@dataclass(frozen=True)
class Sample:
    """A file and Pillow's name of its format."""

    name: str
    kind: str
    data: bytes


def fields(colours: tuple[tuple[int, ...], ...] = FIELDS, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (WIDTH, HEIGHT))
    for number, colour in enumerate(colours):
        x, y = (number % 2) * WIDTH // 2, (number // 2) * HEIGHT // 2
        image.paste(colour, (x, y, x + WIDTH // 2, y + HEIGHT // 2))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    output = BytesIO()
    if kind in {"JPEG", "AVIF"}:
        options = {"quality": 95, "subsampling": "4:4:4" if kind == "AVIF" else 0, **options}
    if kind == "WEBP":
        options = {"lossless": True, **options}
    image.save(output, kind, **options)
    return output.getvalue()


# --- EXIF ---------------------------------------------------------------------------------------


def entry(order: str, tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HHI", tag, kind, count) + value.ljust(4, b"\0")[:4]


def tiff(*entries: bytes, order: str = "<", start: int = 8, rest: bytes = b"", following: int = 0) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + struct.pack(f"{order}I", following)
    return head + bytes(start - 8) + directory + rest


def oriented(value: int = 6, *, kind: int = 3, count: int = 1, order: str = "<", **options: Any) -> bytes:
    size = _TIFF_SIZES.get(kind, 4)
    code = {1: "B", 2: "B", 4: "I"}[min(size, 4)]
    packed = struct.pack(f"{order}{code}", value)
    if kind == 11:
        packed = struct.pack(f"{order}f", value)
    return tiff(entry(order, 0x0112, kind, count, packed * min(max(count, 1), 2)), order=order, **options)


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def app1(exif: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + exif)


def xmp_segment(value: int) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(value))


def xmp(value: int) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{value}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def jpeg_with(*parts: bytes, before: bytes = b"\xff\xdb", data: bytes | None = None) -> bytes:
    """A JPEG with further segments before the first of a kind."""
    data = data or saved(fields(), "JPEG")
    at = data.index(before)
    return data[:at] + b"".join(parts) + data[at:]


# --- PNG ----------------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes, *, crc: int | None = None, length: int | None = None) -> bytes:
    check = zlib.crc32(kind + content) if crc is None else crc
    return struct.pack(">I", len(content) if length is None else length) + kind + content + struct.pack(">I", check)


def header(depth: int = 8, colour: int = 2, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))


def png(*parts: bytes, head: bytes | None = None, pixels: bytes | None = None, after: bytes = b"") -> bytes:
    """A PNG with further chunks before and after its pixels."""
    if pixels is None:
        pixels = packed([(8, colour) for colour in FIELDS])
    return (
        b"\x89PNG\r\n\x1a\n"
        + (head or header())
        + b"".join(parts)
        + chunk(b"IDAT", pixels)
        + after
        + chunk(b"IEND", b"")
    )


def packed(colours: Sequence[tuple[int, tuple[int, ...]]]) -> bytes:
    """The pixels of four fields: of each the depth in bits, and the values of its samples."""
    rows = []
    for upper in (0, 2):
        bits = "".join(
            "".join(f"{value:0{depth}b}" for value in values) * (WIDTH // 2)
            for depth, values in colours[upper : upper + 2]
        )
        rows += [b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")] * (HEIGHT // 2)
    return zlib.compress(b"".join(rows))


# --- Profiles -----------------------------------------------------------------------------------


def profile(primaries: list[float], gamma: float = 1 / 2.2) -> bytes:
    found = profile_of_gamma(gamma, primaries)
    assert found is not None
    return found


def named(data: bytes, name: str) -> bytes:
    """The profile with a description."""
    text = name.encode("utf-16-be")
    description = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    count = int.from_bytes(data[128:132], "big")
    table, body = bytearray(data[132 : 132 + 12 * count]), data[132 + 12 * count :]
    for number in range(count):
        offset = int.from_bytes(table[12 * number + 4 : 12 * number + 8], "big") + 12
        table[12 * number + 4 : 12 * number + 8] = struct.pack(">I", offset)
    body += bytes(-len(body) % 4)
    table += struct.pack(">4sII", b"desc", 132 + 12 * (count + 1) + len(body), len(description))
    whole = data[4:128] + struct.pack(">I", count + 1) + bytes(table) + body + description
    return struct.pack(">I", len(whole) + 4) + whole


def grey_profile(gamma: float) -> bytes:
    """A profile for grey pictures, whose values are powers of light."""
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    curve = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, round(gamma * 65536))
    return _profile(b"mntrGRAYXYZ ", {b"wtpt": white, b"kTRC": curve})


def cmyk_profile() -> bytes:
    """A profile for printed pictures in which every ink is lighter than it says."""
    grid = b""
    for number in range(16):
        c, m, y, k = ((number >> shift) & 1 for shift in (3, 2, 1, 0))
        light = 255 * (1 - 0.3 * (c + m + y) / 3) * (1 - 0.7 * k)
        a, b = 128 + 40 * (m - c), 128 + 40 * (y - (c + m) / 2)
        grid += bytes(round(max(0, min(255, value))) for value in (light, a, b))
    identity = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + grid + ramp * 3
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    return _profile(b"prtrCMYKLab ", {b"wtpt": white, b"A2B0": lut, b"A2B1": lut})


def _profile(classes: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI", start + len(body), bytes(4), 0x02400000) + classes + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


PROFILES = {
    "sRGB": srgb_profile(),
    "Display P3": named(profile(_P3), "Display P3"),
    "linear": profile(_SRGB, 1.0),
    "P3 that is called sRGB": named(profile(_P3, 1.0), "sRGB IEC61966-2.1"),
    "swapped": profile(_SWAPPED),
    "sRGB that is called Display P3": named(srgb_profile(), "Display P3"),
    "grey": grey_profile(1.0),
    "CMYK": cmyk_profile(),
    "rubbish": b"rubbish" * 40,
    "cut off": profile(_P3)[:-60],
}


# --- The matrix ---------------------------------------------------------------------------------


def matrix() -> Iterator[Sample]:
    """Format × orientation × profile × depth × alpha × palette × animation, where a format has them."""
    yield from _orientations()
    yield from _other_orientations()
    yield from _profiles()
    yield from _depths()
    yield from _animations()


def _orientations() -> Iterator[Sample]:
    for value in range(10):
        for order in "<>":
            yield Sample(f"JPEG exif {value} {order}", "JPEG", jpeg_with(app1(oriented(value, order=order))))
    for kind in (*_TIFF_SIZES, 0, 14):
        for order in "<>":
            yield Sample(f"JPEG type {kind} {order}", "JPEG", jpeg_with(app1(oriented(6, kind=kind, order=order))))
    for count in (0, 2, 3, 2**31):
        yield Sample(f"JPEG count {count}", "JPEG", jpeg_with(app1(oriented(6, count=count))))
    six = entry("<", 0x0112, 3, 1, b"\6\0")
    three = entry("<", 0x0112, 3, 1, b"\3\0")
    maker = entry("<", 0x010F, 2, 4, b"ACM\0")
    plain = app1(oriented(6))
    sub = struct.pack("<H", 1) + six + bytes(4)
    for name, data in {
        "after others": jpeg_with(app1(tiff(maker, six))),
        "before others": jpeg_with(app1(tiff(six, maker))),
        "unsorted": jpeg_with(app1(tiff(entry("<", 0x8769, 4, 1, bytes(4)), six, maker))),
        "invalid, then valid": jpeg_with(app1(tiff(entry("<", 0x0112, 3, 1, b"\x09\0"), three))),
        "long, then short": jpeg_with(app1(tiff(entry("<", 0x0112, 4, 1, b"\6\0"), three))),
        "sub-directory, then this": jpeg_with(
            app1(tiff(entry("<", 0x8769, 4, 1, struct.pack("<I", 38)), three, rest=sub))
        ),
        "this, then sub-directory": jpeg_with(
            app1(tiff(three, entry("<", 0x8769, 4, 1, struct.pack("<I", 38)), rest=sub))
        ),
        "twice": jpeg_with(app1(tiff(six, three))),
        "far": jpeg_with(app1(oriented(6, start=900))),
        "odd": jpeg_with(app1(oriented(6, start=11))),
        "in the second directory": jpeg_with(app1(tiff(maker, following=26, rest=sub))),
        "in the sub-directory": jpeg_with(app1(tiff(entry("<", 0x8769, 4, 1, struct.pack("<I", 26)), rest=sub))),
        "directory cut off": jpeg_with(app1(tiff(six)[:-8])),
        "directory without end": jpeg_with(app1(tiff(six)[:-4])),
        "count of entries too high": jpeg_with(app1(tiff(six).replace(b"\1\0\x12\1", b"\x09\0\x12\1"))),
        "before JFIF": jpeg_with(plain, before=b"\xff\xe0"),
        "after tables": jpeg_with(plain, before=b"\xff\xc0"),
        "after the frame": jpeg_with(plain, before=b"\xff\xc4"),
        "before the scan": jpeg_with(plain, before=b"\xff\xda"),
        "two segments": jpeg_with(plain, app1(oriented(3))),
        "rubbish, then a good one": jpeg_with(app1(b"no tiff at all"), plain),
        "a fill byte": jpeg_with(segment(0xE1, b"Exif\0\xff" + oriented(6))),
        "no fill byte": jpeg_with(segment(0xE1, b"Exif\0" + oriented(6))),
        "xmp": jpeg_with(xmp_segment(6)),
        "xmp and exif": jpeg_with(xmp_segment(6), app1(oriented(3))),
        "none": saved(fields(), "JPEG"),
        "progressive": jpeg_with(plain, data=saved(fields(), "JPEG", progressive=True)),
        "grey": jpeg_with(plain, data=saved(fields().convert("L"), "JPEG")),
    }.items():
        yield Sample(f"JPEG {name}", "JPEG", data)


def _other_orientations() -> Iterator[Sample]:
    exif = oriented(6)
    for value in range(1, 9):
        yield Sample(f"PNG exif {value}", "PNG", png(chunk(b"eXIf", oriented(value))))
        yield Sample(f"WEBP exif {value}", "WEBP", saved(fields(), "WEBP", exif=oriented(value)))
        made = Image.Exif()
        made[0x0112] = value
        yield Sample(f"AVIF irot and imir {value}", "AVIF", saved(fields(), "AVIF", exif=made))
    yield Sample("PNG exif after the pixels", "PNG", png(after=chunk(b"eXIf", exif)))
    yield Sample("PNG exif LONG", "PNG", png(chunk(b"eXIf", oriented(6, kind=4))))
    yield Sample("PNG exif with a name", "PNG", png(chunk(b"eXIf", b"Exif\0\0" + exif)))
    yield Sample("PNG exif, wrong CRC", "PNG", png(chunk(b"eXIf", exif, crc=1)))
    yield Sample("PNG two exif", "PNG", png(chunk(b"eXIf", exif), chunk(b"eXIf", oriented(3))))
    yield Sample("PNG xmp", "PNG", png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))))
    yield Sample("AVIF xmp", "AVIF", saved(fields(), "AVIF", xmp=xmp(6)))
    yield Sample("WEBP exif with a name", "WEBP", saved(fields(), "WEBP", exif=b"Exif\0\0" + exif))
    yield Sample("WEBP exif LONG", "WEBP", saved(fields(), "WEBP", exif=oriented(6, kind=4)))
    yield Sample("WEBP xmp", "WEBP", saved(fields(), "WEBP", xmp=xmp(6)))
    yield Sample("WEBP xmp and exif", "WEBP", saved(fields(), "WEBP", xmp=xmp(6), exif=oriented(3)))


def _profiles() -> Iterator[Sample]:
    grey = fields().convert("L")
    for name, icc in PROFILES.items():
        for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
            yield Sample(f"{kind} profile {name}", kind, saved(fields(), kind, icc_profile=icc))
        yield Sample(f"JPEG grey, profile {name}", "JPEG", saved(grey, "JPEG", icc_profile=icc))
        yield Sample(f"PNG grey, profile {name}", "PNG", saved(grey, "PNG", icc_profile=icc))
        yield Sample(
            f"PNG palette, profile {name}",
            "PNG",
            saved(fields().convert("P", palette=Image.Palette.ADAPTIVE), "PNG", icc_profile=icc),
        )
        alpha = fields(tuple((*colour, 128) for colour in FIELDS), "RGBA")
        yield Sample(f"PNG alpha, profile {name}", "PNG", saved(alpha, "PNG", icc_profile=icc))
        yield Sample(f"JPEG CMYK, profile {name}", "JPEG", saved(inks(), "JPEG", icc_profile=icc))
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    primaries = chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in _SWAPPED)))
    web = chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in _SRGB)))
    yield Sample("PNG gamma", "PNG", png(gamma))
    yield Sample("PNG gamma of the web", "PNG", png(chunk(b"gAMA", struct.pack(">I", 45_455)), web))
    yield Sample("PNG gamma and primaries", "PNG", png(gamma, primaries))
    yield Sample("PNG primaries", "PNG", png(primaries))
    yield Sample("PNG gamma and sRGB", "PNG", png(gamma, chunk(b"sRGB", b"\0")))
    yield Sample("PNG gamma 0", "PNG", png(chunk(b"gAMA", bytes(4)), web))
    packed_profile = b"x\0\0" + zlib.compress(PROFILES["swapped"])
    yield Sample("PNG profile, wrong CRC", "PNG", png(chunk(b"iCCP", packed_profile, crc=1)))
    yield Sample("PNG profile and sRGB", "PNG", png(chunk(b"iCCP", packed_profile), chunk(b"sRGB", b"\0")))
    yield Sample("PNG cICP of P3", "PNG", png(chunk(b"cICP", bytes([12, 13, 0, 1]))))
    yield Sample(
        "PNG cICP and a profile", "PNG", png(chunk(b"cICP", bytes([1, 13, 0, 1])), chunk(b"iCCP", packed_profile))
    )
    for codes in ((12, 13), (9, 13), (1, 8), (1, 1), (6, 6), (5, 6), (2, 2), (1, 4), (9, 14), (12, 2)):
        yield Sample(f"PNG cICP {codes}", "PNG", png(chunk(b"cICP", bytes([*codes, 0, 1]))))
        yield Sample(f"AVIF nclx {codes}", "AVIF", with_codes(*codes))
    plain = saved(inks(), "JPEG")
    yield Sample("JPEG CMYK", "JPEG", plain)
    yield Sample("JPEG CMYK without the Adobe marker", "JPEG", without(plain, 0xEE))


def with_codes(primaries: int, transfer: int) -> bytes:
    data = saved(fields(), "AVIF")
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def inks() -> Image.Image:
    return fields(((0, 180, 200, 20), (200, 0, 180, 10), (190, 150, 0, 0), (0, 0, 100, 30)), "CMYK")


def without(data: bytes, marker: int) -> bytes:
    at = data.index(bytes([0xFF, marker]))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def _depths() -> Iterator[Sample]:
    for depth in (1, 2, 4, 8, 16):
        top = 2**depth - 1
        greys = [(depth, (round(top * share),)) for share in (0, 0.4, 0.7, 1)]
        for name, extra in {
            "": [],
            " with a transparent grey": [chunk(b"tRNS", struct.pack(">H", greys[2][1][0]))],
        }.items():
            yield Sample(f"PNG grey {depth}{name}", "PNG", png(*extra, head=header(depth, 0), pixels=packed(greys)))
        if depth <= 8:
            colours = [(depth, (min(number, top),)) for number in range(4)]
            palette = chunk(b"PLTE", b"".join(map(bytes, FIELDS))[: 3 * (top + 1)])
            for name, extra in {"": [], " with alpha": [chunk(b"tRNS", b"\xff\x80\x00"[: top + 1])]}.items():
                data = png(palette, *extra, head=header(depth, 3), pixels=packed(colours))
                yield Sample(f"PNG palette {depth}{name}", "PNG", data)
        if depth >= 8:
            scale = top // 255
            for colour_type, alphas in ((2, ()), (6, (top, top // 2, 0, top))):
                values = [
                    (depth, (*(v * scale for v in colour), *alphas[number : number + 1]))
                    for number, colour in enumerate(FIELDS)
                ]
                data = png(head=header(depth, colour_type), pixels=packed(values))
                yield Sample(f"PNG colour type {colour_type}, {depth} bits", "PNG", data)
            transparent = chunk(b"tRNS", struct.pack(">HHH", *(v * scale for v in FIELDS[1])))
            values = [(depth, tuple(v * scale for v in colour)) for colour in FIELDS]
            yield Sample(
                f"PNG a transparent colour, {depth} bits",
                "PNG",
                png(transparent, head=header(depth), pixels=packed(values)),
            )
            values = [(depth, (top // (number + 1), (top, top // 2, 0, top)[number])) for number in range(4)]
            yield Sample(f"PNG grey and alpha {depth}", "PNG", png(head=header(depth, 4), pixels=packed(values)))
    alpha = fields(tuple((*colour, value) for colour, value in zip(FIELDS, (255, 128, 0, 255), strict=True)), "RGBA")
    for kind in ("WEBP", "AVIF"):
        yield Sample(f"{kind} alpha", kind, saved(alpha, kind))
    yield Sample("GIF palette", "GIF", saved(fields(), "GIF"))
    yield Sample(
        "GIF transparent", "GIF", saved(fields().convert("P", palette=Image.Palette.ADAPTIVE), "GIF", transparency=1)
    )
    yield Sample("JPEG subsampled", "JPEG", saved(fields(), "JPEG", subsampling=2))
    yield Sample("JPEG of RGB without a transform", "JPEG", saved(fields(), "JPEG", keep_rgb=True))
    yield Sample("WEBP lossy", "WEBP", saved(fields(), "WEBP", lossless=False, quality=95))


def _animations() -> Iterator[Sample]:
    other = fields(FIELDS[::-1])
    for kind in ("GIF", "WEBP", "AVIF", "PNG"):
        data = saved(fields(), kind, save_all=True, append_images=[other], duration=60_000)
        yield Sample(f"{kind} animated", kind, data)
    yield Sample("PNG animated, another picture for old viewers", "PNG", hidden_default())
    yield Sample("GIF whose first frame is smaller", "GIF", small_first_frame())


def hidden_default() -> bytes:
    frame = packed([(8, colour) for colour in FIELDS[::-1]])
    control = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 60, 1, 0, 0)
    after = chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", 1) + frame)
    return png(chunk(b"acTL", struct.pack(">II", 1, 0)), after=after)


def small_first_frame() -> bytes:
    data = saved(fields().crop((0, 0, WIDTH // 2, HEIGHT // 2)), "GIF")
    # The canvas is larger than the frame, which begins in its middle.
    at = data.index(b"\x2c" + bytes(4) + struct.pack("<HH", WIDTH // 2, HEIGHT // 2))
    moved = struct.pack("<HH", WIDTH // 2, HEIGHT // 2)
    return data[:6] + struct.pack("<HH", WIDTH, HEIGHT) + data[10 : at + 1] + moved + data[at + 5 :]
