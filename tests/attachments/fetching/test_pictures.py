"""The picture of a page: the first that can be kept."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from attachments.models import Attachment
from cas.storage import CASStorage
from tests.attachments.fetching.conftest import Paste
from tests.cas.media.test_cases import phone_picture
from tests.conftest import ApiClient
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db


def drawn(form: str, size: tuple[int, int] = (32, 32), mode: str = "RGBA") -> bytes:
    output = BytesIO()
    Image.new(mode, size, "red").save(output, form)
    return output.getvalue()


def page_with(*pictures: str) -> str:
    return "<title>Shop</title>" + "".join(f'<meta property="og:image" content="{address}">' for address in pictures)


class TestPicture:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
    def test_of_an_allowed_type_is_kept_bit_for_bit(self, paste: Paste, web: Web, form: str) -> None:
        content_type = f"image/{form.lower()}"
        photo = picture(form=form)
        web.serve("/media/photo", photo, "application/octet-stream")
        body = paste(web.serve("/", page_with("/media/photo")))
        assert (body["attachment_type"], body["title"]) == ("url", "Shop")
        assert (body["content_type"], body["sha256"], body["file_size"]) == (content_type, sha256(photo), len(photo))
        assert body["preview_url"].startswith(f"/api/cas/{sha256(photo)}?thumbnail=500&")
        assert body["thumbnail_url"]

    def test_of_a_telephone_is_kept_as_the_jpeg_that_it_is(self, paste: Paste, web: Web) -> None:
        photo = phone_picture()
        link = web.serve("/media/photo", photo, "image/jpeg")
        for url, kind in ((web.serve("/", page_with("/media/photo")), "url"), (link, "image")):
            body = paste(url)
            assert (body["attachment_type"], body["content_type"]) == (kind, "image/jpeg")
            assert (body["sha256"], body["notice"]) == (sha256(photo), None)

    @pytest.mark.parametrize(("form", "mode"), [("ICO", "RGBA"), ("BMP", "RGB"), ("BMP", "1"), ("TIFF", "CMYK")])
    def test_of_another_type_becomes_a_png(
        self, paste: Paste, web: Web, store: CASStorage, form: str, mode: str
    ) -> None:
        data = drawn(form, mode="RGBA" if form == "ICO" else mode)
        web.serve("/favicon.ico", data, "image/x-icon")
        body = paste(web.serve("/", "<title>Shop</title><link rel='shortcut icon' href='favicon.ico'>"))
        assert (body["content_type"], body["filename"]) == ("image/png", "favicon.ico.png")
        with store.open(f"cas/{body['sha256']}") as file, Image.open(file) as image:
            assert (image.format, image.size) == ("PNG", (32, 32))

    @pytest.mark.parametrize(
        "data",
        [
            *(b"", b"no picture at all", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            *(b"<html>404, but with 200</html>", pdf(), picture()[:-300], picture(size=(1, 1), form="PNG")),
            *(picture(size=(300, 1), form="GIF"), drawn("BMP")[:100], drawn("ICO")[:100]),
            *(b"\0\0\1\0\xff\xff" + b"\0" * 100, b"BM"),
        ],
        ids=range(12),
    )
    def test_that_cannot_be_kept_is_passed_over(self, paste: Paste, web: Web, data: bytes) -> None:
        web.serve("/bad.png", data, "image/png")
        good = picture("blue", form="PNG")
        web.serve("/good.png", good, "image/png")
        assert paste(web.serve("/", page_with("/bad.png", "/good.png")))["sha256"] == sha256(good)

    def test_with_too_many_pixels_is_passed_over_before_it_is_decoded(
        self, paste: Paste, web: Web, settings: Any
    ) -> None:
        settings.MAX_IMAGE_PIXELS = 8000
        # An icon whose directory says 32 × 32.
        large = drawn("PNG", (99, 99))
        directory = b"\x20\x20\0\0\1\0\x20\0" + len(large).to_bytes(4, "little") + (22).to_bytes(4, "little")
        web.serve("/large.ico", b"\0\0\1\0\1\0" + directory + large, "image/x-icon")
        web.serve("/large.png", picture(form="PNG"), "image/png")
        web.serve("/large.bmp", drawn("BMP", (99, 99), "RGB"), "image/bmp")
        body = paste(web.serve("/", page_with("/large.ico", "/large.png", "/large.bmp")))
        assert (body["title"], body["preview_url"]) == ("Shop", None)

    @pytest.mark.parametrize(
        "address",
        [
            *("http://169.254.169.254/latest/meta-data/", "http://10.0.0.5/photo.jpg", "http://inside.test/photo.jpg"),
            *("http://[::1]/photo.jpg", "file:///etc/passwd", "data:image/png;base64,AAAA"),
            *("http://user:secret@127.0.0.1/photo.jpg", "http://[nonsense"),
        ],
    )
    def test_at_a_forbidden_address_is_passed_over(self, paste: Paste, web: Web, address: str) -> None:
        web.names["inside.test"] = ["10.0.0.5"]
        body = paste(web.serve("/", page_with(address)))
        assert (body["title"], body["sha256"], body["preview_url"]) == ("Shop", None, None)
        assert body["notice"] is None
        assert web.paths == ["/"]

    def test_behind_a_redirect_to_a_private_address_is_passed_over(self, paste: Paste, web: Web) -> None:
        web.redirect("/photo.jpg", "http://169.254.169.254/")
        assert paste(web.serve("/", page_with("/photo.jpg")))["preview_url"] is None

    def test_is_looked_for_six_times(self, paste: Paste, web: Web) -> None:
        assert paste(web.serve("/", page_with(*(f"/{number}.png" for number in range(20)))))["preview_url"] is None
        assert len(web.requests) == 7

    def test_is_asked_of_nobody_else(self, paste: Paste, web: Web) -> None:
        paste(web.serve("/", "<title>Shop</title>"))
        assert web.paths == ["/"]
        assert web.lookups == []

    def test_can_be_the_cover_when_it_is_chosen_but_is_none_by_itself(
        self, paste: Paste, web: Web, api: ApiClient
    ) -> None:
        web.serve("/photo.jpg", picture(), "image/jpeg")
        body = paste(web.serve("/", page_with("/photo.jpg")))
        cover = f"/attachment-sets/{body['attachment_set_id']}/cover"
        assert api.get(cover).json()["cover_url"] is None
        assert api.put(cover, {"attachment_id": body["id"]}).json()["cover_url"]

    def test_that_the_storage_does_not_take_leaves_nothing(
        self, api: ApiClient, set_id: int, web: Web, faults: Faults, staged_files: Any
    ) -> None:
        web.serve("/photo.jpg", picture(), "image/jpeg")
        faults.fail("publish")
        url = web.serve("/", page_with("/photo.jpg"))
        response = api.post(f"/attachment-sets/{set_id}/attachments", {"url": url})
        assert (response.status_code, response.json()["details"]["code"]) == (500, "storage_unavailable")
        assert not Attachment.objects.exists()
        assert staged_files() == []
