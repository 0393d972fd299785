"""Pages in the style of those that people paste, and what a person would expect of each."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.attachments.fetching.conftest import Paste
from tests.plugins.files import picture
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db

PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Expected:
    """What a page should become; `filename` is that of its picture. `header` is its Content-Type."""

    page: str
    title: str
    filename: str | None
    header: str = "text/html"


EXPECTED = [
    Expected("global-catalogue", "NE555P", "NE555P_8-dip.jpg", "text/html; charset=utf-8"),
    Expected("american-distributor", "74HC595N,112 Northgate | Mousetrap® Electronics - Logic ICs", "DIP_16_t.jpg"),
    Expected(
        "german-mail-order",
        "Widerstand, Metallschicht, 10 kΩ, ±1 %, 0,6 W – ab 0,05 € bei Elektronik Müller",
        "favicon-64.png",
    ),
    Expected(
        "japanese-parts-shop", "積層セラミックコンデンサー ０．１μＦ５０Ｖ（１０個入） ①", "P-00090.jpg", "text/html"
    ),
    Expected(
        "russian-components",
        "К155ЛА3, микросхема (4 элемента 2И-НЕ) — «Чип и Болт»",
        "k155la3.webp",
        "text/html; charset=windows-1251",
    ),
    Expected(
        "chinese-catalogue",
        "0402WGF1002TCE | Uni Pacific(Royal Resistors) | Price | In Stock | ELSC Electronics",
        "C25744_front.jpg",
    ),
    Expected(
        "british-components",
        "LM7805CT - Linear Voltage Regulator, 7805, Fixed, Positive, 7V To 35V In, 5V And 1A Out, TO-220-3 Package,"
        " Through Hole Mounting, With Thermal Overload And Short Circuit Protection, Pack Of 10…",
        "GE3TO220-40.jpg",
    ),
    Expected(
        "maker-shop",
        "Feather board with ESP32-S3 - 4MB Flash 2MB PSRAM 'STEMMA'",
        "5477 03 (1).jpg",
        "text/html;charset=UTF-8",
    ),
    Expected(
        "manufacturer",
        "TPS5430 data sheet, product information and support | Austin Semiconductor",
        "og-default.avif",
    ),
    Expected(
        "auction",
        "Nixie tube IN-14 NOS tested 6pcs 🔥 &quot;ORANGE&quot; ✓ fast shipping | Bidhouse",
        "favicon.bmp.png",
    ),
]


@pytest.fixture
def shops(web: Web) -> Web:
    """The hosts that the pages name. Their https is ours without TLS: a redirect would have to go somewhere."""
    photos = {
        "/photos/NE555P_8-dip.jpg": picture(),
        "/images/northgate/lrg/DIP_16_t.jpg": picture(),
        "/shop/bilder/favicon-16.png": picture(form="PNG", size=(16, 16)),
        "/shop/bilder/favicon-64.png": picture(form="PNG", size=(64, 64)),
        "/img/goods/L/P-00090.jpg": picture(),
        "/catalog/k155la3.webp": picture(form="WEBP"),
        "/images/logo/header-logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "/images/elsc/900x900/C25744_front.jpg": picture(),
        "/productimages/standard/en_GB/spacer.gif": picture(form="GIF", size=(1, 1)),
        "/productimages/standard/en_GB/GE3TO220-40.jpg": picture(),
        "/970x728/5477%2003%20(1).jpg": picture(),
        "/content/dam/images/social/og-default.avif": picture(form="AVIF"),
        "/i/favicon.bmp": bitmap(),
    }
    for path, data in photos.items():
        web.serve(path, data, "application/octet-stream")
    for name in ("www", "media", "static", "assets", "uk", "cdn"):
        web.names[f"{name}.shop.test"] = ["127.0.0.1"]
    return web


def bitmap() -> bytes:
    output = BytesIO()
    Image.new("RGB", (32, 32), "orange").save(output, "BMP")
    return output.getvalue()


class TestPage:
    @pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.page)
    def test_is_what_a_person_would_expect(self, paste: Paste, shops: Web, expected: Expected) -> None:
        # The test's server has one port, and no certificate for all these names.
        data = (PAGES / f"{expected.page}.html").read_bytes()
        for scheme in (b"https:", b"http:", b""):
            for name in shops.names:
                data = data.replace(b'"%b//%b/' % (scheme, name.encode()), b'"//%b:%d/' % (name.encode(), shops.port))
        url = shops.serve("/products/1", data, expected.header)
        body = paste(url.replace("127.0.0.1", "www.shop.test"))
        assert (body["attachment_type"], body["title"], body["filename"]) == ("url", expected.title, expected.filename)
        assert body["preview_url"]
        assert body["notice"] is None

    def test_is_one_of_ten(self) -> None:
        assert sorted(path.stem for path in PAGES.iterdir()) == sorted(expected.page for expected in EXPECTED)
