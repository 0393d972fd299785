"""The addresses of thumbnails."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from cas.media.images import RECIPE
from cas.signing import thumbnail_url
from tests.plugins.faults import Faults
from tests.plugins.files import picture

Keep = Callable[[bytes], str]

FOREVER = "public, max-age=31536000, immutable"


def get(address: str, **headers: str) -> Any:
    """The answer, read to its end into `body`."""
    response: Any = Client().get(address, headers=headers)
    response.body = response.getvalue() if response.streaming else response.content
    return response


def image_of(response: Any) -> Image.Image:
    return Image.open(BytesIO(response.body), formats=["JPEG"])


class TestThumbnail:
    @pytest.mark.parametrize(
        ("asked", "given"), [(1, 150), (150, 150), (151, 300), (300, 300), (500, 500), (501, 1000)]
    )
    def test_is_a_jpeg_of_the_next_size(self, keep: Keep, asked: int, given: int) -> None:
        digest = keep(picture(size=(1600, 800), form="PNG"))
        response = get(thumbnail_url(digest, asked))
        assert response.status_code == 200
        assert image_of(response).size == (given, given // 2)
        assert response["Content-Type"] == "image/jpeg"
        assert response["Content-Length"] == str(len(response.body))
        assert response["Content-Disposition"] == 'inline; filename="thumbnail.jpg"'
        assert response["Cache-Control"] == FOREVER
        assert response["ETag"] == f'"{digest}-{given}"'
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"

    @pytest.mark.parametrize("size", [150, 300, 500])
    def test_the_frontend_appends_its_size(self, keep: Keep, size: int) -> None:
        digest = keep(picture(size=(1000, 1000)))
        response = get(f"{thumbnail_url(digest, 150)}&thumbnail={size}")
        assert image_of(response).size == (size, size)
        assert response["ETag"] == f'"{digest}-{size}"'

    def test_sizes_of_one_step_share_a_file_and_a_tag(self, keep: Keep) -> None:
        digest = keep(picture())
        tags = {get(thumbnail_url(digest, size))["ETag"] for size in range(151, 301, 30)}
        assert len(tags) == 1
        folder = settings.DATA_DIR / "thumbnails"
        assert [path.name for path in folder.glob("[!.]*")] == [f"{digest}_300.{RECIPE}.jpg"]

    def test_may_be_downloaded(self, keep: Keep) -> None:
        response = get(thumbnail_url(keep(picture()), 150) + "&disposition=attachment")
        assert response["Content-Disposition"] == 'attachment; filename="thumbnail.jpg"'

    def test_head_tells_the_same(self, keep: Keep) -> None:
        address = thumbnail_url(keep(picture()), 150)
        head: Any = Client().head(address)
        assert head.content == b""
        assert dict(head.items()) == dict(get(address).items())

    def test_has_no_ranges(self, keep: Keep) -> None:
        response = get(thumbnail_url(keep(picture()), 150), Range="bytes=0-1")
        assert response.status_code == 200
        assert len(response.body) > 2

    def test_the_second_comes_without_the_store(self, keep: Keep, faults: Faults) -> None:
        address = thumbnail_url(keep(picture()), 150)
        get(address)
        before = list(faults.calls)
        assert get(address).status_code == 200
        assert faults.calls == before


class TestNoPicture:
    @pytest.mark.parametrize("data", [b"", b"some text", b"\x89PNG\r\n\x1a\nbroken", picture()[:300], b"<svg/>"])
    def test_is_a_sentence_that_nobody_caches(self, keep: Keep, data: bytes) -> None:
        response = get(thumbnail_url(keep(data), 150))
        assert response.status_code == 422
        assert response["Cache-Control"] == "no-store"
        assert response.json()["details"]["code"] == "image_damaged"
        assert list((settings.DATA_DIR / "thumbnails").glob("[!.]*.jpg")) == []
