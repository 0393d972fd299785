"""The icon of PDF documents."""

import pytest

from tests.conftest import ApiClient

pytestmark = pytest.mark.django_db


class TestPdfIcon:
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

    def test_is_only_read(self, reader: ApiClient) -> None:
        assert reader.post("/icons/pdf").status_code == 405
