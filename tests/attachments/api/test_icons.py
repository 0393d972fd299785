"""The icons of PDF documents and of other files."""

import pytest

from cas.media.icons import icon_of
from tests.conftest import ApiClient

pytestmark = pytest.mark.django_db


class TestIcon:
    @pytest.mark.parametrize("accept", ["*/*", "image/*", "image/avif,image/webp", "text/html"])
    def test_is_a_drawing_whatever_is_accepted(self, reader: ApiClient, accept: str) -> None:
        answer = reader.get("/icons/pdf", headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert answer.content.startswith(b"<svg")
        assert "immutable" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_again_is_304(self, reader: ApiClient) -> None:
        etag = reader.get("/icons/pdf")["ETag"]
        answer = reader.get("/icons/pdf", headers={"If-None-Match": etag})
        assert (answer.status_code, answer.content) == (304, b"")

    @pytest.mark.parametrize(
        ("filename", "icon"),
        [
            ("boards.ZIP", "archive"),
            ("housing.step", "cad"),
            ("board-F_Cu.gbr", "cad"),
            ("bom.csv", "table"),
            ("notes.txt", "text"),
            ("blink.ino", "code"),
            ("logo.svg", "picture"),
            ("what.ever", "file"),
            ("zip", "archive"),
            ("", "file"),
        ],
    )
    def test_of_a_file_goes_by_its_name(self, reader: ApiClient, filename: str, icon: str) -> None:
        assert icon_of(filename) == icon
        assert reader.get(f"/icons/{icon}").content.startswith(b"<svg")

    def test_of_nothing_is_404(self, reader: ApiClient) -> None:
        assert reader.get("/icons/pdf.svg").status_code == 404

    def test_is_only_read(self, reader: ApiClient) -> None:
        assert reader.post("/icons/pdf").status_code == 405
