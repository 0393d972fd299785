"""The addresses of contents: what they accept, and what an answer says."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.util import FileWrapper

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries, Settings

from cas.signing import content_url, sign, thumbnail_url
from cas.storage import FileSystemCASStorage, cas_storage
from cas.storage.staging import stage_chunks
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256

Keep = Callable[[bytes], str]

FOREVER = "public, max-age=31536000, immutable"
JPEG = picture()


class Browser(Client):
    """Reads every answer to its end, into `body`."""

    def get(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(path, *args, **kwargs)

    def request(self, **request: Any) -> Any:
        response: Any = super().request(**request)
        response.body = response.getvalue() if response.streaming else response.content
        return response


@pytest.fixture
def client() -> Browser:
    """A browser. Without the mark `django_db` a test fails at the first query."""
    return Browser()


def address(digest: str, content_type: str = "image/jpeg", filename: str = "photo.jpg", **more: str) -> str:
    """A signed address with further parameters."""
    return content_url(digest, content_type, filename) + (f"&{urlencode(more)}" if more else "")


def signed(digest: str, *parameters: tuple[str, str]) -> str:
    """An address with exactly these parameters, and the signature that fits them."""
    values = dict(parameters)
    sig = sign(digest, values.get("content_type"), values.get("filename"))
    return f"/api/cas/{digest}?{urlencode([*parameters, ('sig', sig)])}"


def assert_refused(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response
    answer = response.json()
    assert set(answer) == {"error", "details"}
    assert answer["error"]
    assert answer["details"]["code"] == code


class TestOriginal:
    def test_is_sent_whole(self, client: Browser, keep: Keep) -> None:
        digest = keep(JPEG)
        response = client.get(address(digest))
        assert response.status_code == 200
        assert response.body == JPEG
        assert response["Content-Length"] == str(len(JPEG))
        assert response["Content-Type"] == "image/jpeg"
        assert response["Content-Disposition"] == 'inline; filename="photo.jpg"'
        assert response["Cache-Control"] == FOREVER
        assert response["ETag"] == f'"{digest}"'
        assert response["Accept-Ranges"] == "bytes"

    def test_head_tells_the_same_and_opens_nothing(self, client: Browser, keep: Keep, faults: Faults) -> None:
        digest = keep(JPEG)
        got, head = client.get(address(digest)), client.head(address(digest))
        assert head.status_code == 200
        assert head.content == b""
        assert dict(head.items()) == dict(got.items())
        assert faults.count("open_range") == 1

    def test_needs_neither_login_nor_database(self, client: Browser, keep: Keep) -> None:
        assert client.get(address(keep(JPEG))).status_code == 200

    def test_an_empty_content(self, client: Browser, keep: Keep) -> None:
        response = client.get(address(keep(b"")))
        assert response.status_code == 200
        assert response.body == b""
        assert response["Content-Length"] == "0"

    def test_a_large_one_comes_in_large_pieces(self, keep: Keep) -> None:
        data = b"0123456789abcdef" * 65_536
        pieces = list(Client().get(address(keep(data))))
        assert b"".join(pieces) == data
        assert len(pieces) <= 1 + len(data) // 65_536


class TestAddress:
    @pytest.mark.parametrize(
        "name",
        ["a" * 63, "a" * 65, "A" * 64, "g" * 64, "x", "..", "a" * 63 + "%0A", "a" * 64 + "%00", "%61" * 63 + "é"],
    )
    def test_needs_64_lower_case_hexadecimal_digits(self, client: Client, name: str) -> None:
        assert_refused(client.get(f"/api/cas/{name}?thumbnail=150"), 400, "invalid")

    @pytest.mark.parametrize("path", ["/api/cas/", f"/api/cas/{'a' * 64}/", f"/api/cas/{'a' * 64}/x", "/api/cas"])
    def test_has_no_other_form(self, client: Client, path: str) -> None:
        assert_refused(client.get(f"{path}?thumbnail=150"), 404, "not_found")

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_is_for_reading_only(self, client: Browser, keep: Keep, method: str) -> None:
        response = Client(enforce_csrf_checks=True).generic(method, address(keep(JPEG)))
        assert_refused(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, HEAD"

    def test_unknown_content(self, client: Browser) -> None:
        assert_refused(client.get(address(sha256(b"never stored"))), 404, "content_not_found")
        assert_refused(client.get(thumbnail_url(sha256(b"never stored"), 150)), 404, "content_not_found")

    def test_a_store_that_fails(self, client: Browser, keep: Keep, faults: Faults) -> None:
        digest = keep(JPEG)
        faults.fail("open_range")
        assert_refused(client.get(address(digest)), 500, "storage_unavailable")
        assert client.get(address(digest)).status_code == 200
        for operation in ("stat", "open_range"):
            faults.fail(operation)
            assert_refused(client.get(address(digest), headers={"Range": "bytes=0-3"}), 500, "storage_unavailable")

    def test_one_request_to_the_store_is_enough(self, client: Browser, keep: Keep, faults: Faults) -> None:
        digest = keep(JPEG)
        # The first of a process looks once more.
        assert client.get(address(digest)).status_code == 200
        before = faults.count("open_range"), faults.count("stat")
        assert client.get(address(digest)).status_code == 200
        assert (faults.count("open_range"), faults.count("stat")) == (before[0] + 1, before[1])

    def test_a_store_that_fails_for_a_thumbnail(self, client: Browser, keep: Keep, faults: Faults) -> None:
        digest = keep(JPEG)
        faults.fail("open_range")
        assert_refused(client.get(thumbnail_url(digest, 150)), 500, "storage_unavailable")
        assert client.get(thumbnail_url(digest, 150)).status_code == 200


class TestParameters:
    @pytest.mark.parametrize(
        "parameters",
        [
            (),
            (("filename", "x.jpg"),),
            (("content_type", "image/jpeg"), ("thumbnail", "150")),
            (("content_type", ""),),
            (("content_type", ""), ("thumbnail", "150")),
            (("thumbnail", "150"), ("filename", "x.jpg")),
        ],
    )
    def test_either_content_type_or_thumbnail(
        self, client: Browser, keep: Keep, parameters: tuple[tuple[str, str], ...]
    ) -> None:
        assert_refused(client.get(signed(keep(JPEG), *parameters)), 400, "invalid")

    @pytest.mark.parametrize("name", ["content_type", "filename", "sig"])
    def test_a_signed_one_may_not_be_repeated(self, client: Browser, keep: Keep, name: str) -> None:
        one = address(keep(JPEG))
        value = dict(parse_qsl(one.partition("?")[2]))[name]
        for other in (value, "text/html"):
            assert_refused(client.get(f"{one}&{urlencode({name: other})}"), 400, "invalid")

    def test_of_repeated_dispositions_the_last_counts(self, client: Browser, keep: Keep) -> None:
        response = client.get(address(keep(JPEG)) + "&disposition=inline&disposition=attachment")
        assert response["Content-Disposition"].startswith("attachment")

    @pytest.mark.parametrize("name", ["width", "Thumbnail", "content-type", "", "sig[]", "x" * 500, "a\x00b"])
    def test_an_unknown_one_is_refused(self, client: Browser, keep: Keep, name: str) -> None:
        response = client.get(address(keep(JPEG), **{name: "1"}))
        assert_refused(response, 400, "invalid")
        assert len(response.json()["error"]) < 100

    @pytest.mark.parametrize("value", ["", "Inline", "download", "attachment; filename=x"])
    def test_disposition_is_inline_or_attachment(self, client: Browser, keep: Keep, value: str) -> None:
        assert_refused(client.get(address(keep(JPEG), disposition=value)), 400, "invalid")

    @pytest.mark.parametrize(
        "value", ["0", "1001", "-1", "+150", "150.0", "1e2", " 150", "٣", "", "x", "0" * 5000 + "1", "9" * 5000]
    )
    def test_thumbnail_is_a_whole_number_up_to_1000(self, client: Browser, keep: Keep, value: str) -> None:
        assert_refused(client.get(signed(keep(JPEG), ("thumbnail", value))), 400, "invalid")


class TestSignature:
    @pytest.mark.parametrize("sig", ["", "x", "%00", "é" * 22, "A" * 22])
    def test_a_wrong_one_is_refused(self, client: Browser, keep: Keep, sig: str) -> None:
        one = address(keep(JPEG)).rpartition("sig=")[0]
        assert_refused(client.get(f"{one}sig={sig}"), 403, "bad_signature")

    def test_a_missing_one_is_refused(self, client: Browser, keep: Keep) -> None:
        digest = keep(JPEG)
        for query in ("content_type=image/jpeg&filename=photo.jpg", "thumbnail=150"):
            assert_refused(client.get(f"/api/cas/{digest}?{query}"), 403, "bad_signature")

    def test_that_of_a_thumbnail_does_not_open_the_original(self, client: Browser, keep: Keep) -> None:
        changed = thumbnail_url(keep(JPEG), 150).replace("thumbnail=150", "content_type=image%2Fjpeg")
        assert_refused(client.get(changed), 403, "bad_signature")

    def test_holds_for_every_size_and_disposition(self, client: Browser, keep: Keep) -> None:
        digest = keep(JPEG)
        for one in (thumbnail_url(digest, 150) + "&thumbnail=500", address(digest, disposition="attachment")):
            response = client.get(one)
            assert response.status_code == 200

    def test_the_order_and_spelling_of_the_parameters_do_not_matter(self, client: Browser, keep: Keep) -> None:
        path, _, query = address(keep(JPEG)).partition("?")
        turned = "&".join(reversed(query.split("&"))).replace("%2F", "/").replace("photo", "ph%6Fto")
        response = client.get(f"{path}?{turned}")
        assert response.status_code == 200

    def test_is_looked_at_before_the_store(self, client: Browser, faults: Faults) -> None:
        assert client.get(address("a" * 64)[:-1]).status_code == 403
        assert faults.calls == []

    def test_may_be_switched_off(self, client: Browser, keep: Keep, settings: Settings) -> None:
        settings.CAS_REQUIRE_SIGNATURE = False
        digest = keep(JPEG)
        assert client.head(f"/api/cas/{digest}?content_type=image/jpeg").status_code == 200
        assert client.head(f"/api/cas/{digest}?content_type=image/jpeg&sig=wrong").status_code == 200


class TestRevalidation:
    @pytest.mark.parametrize("header", ['"{}"', 'W/"{}"', '"other", "{}"', '"other" ,W/"{}" ', "*"])
    def test_is_answered_without_touching_the_store(self, client: Browser, faults: Faults, header: str) -> None:
        digest = sha256(b"never stored")
        for operation in ("stat", "open_range"):
            faults.fail(operation, times=100)
        response = client.get(address(digest), headers={"If-None-Match": header.format(digest)})
        assert response.status_code == 304
        assert response.body == b""
        assert response["ETag"] == f'"{digest}"'
        assert response["Cache-Control"] == FOREVER
        assert faults.calls == []

    def test_of_a_thumbnail_too(self, client: Browser, faults: Faults) -> None:
        digest = sha256(b"never stored")
        tag = f'"{digest}-300"'
        response = client.get(thumbnail_url(digest, 300), headers={"If-None-Match": tag})
        assert response.status_code == 304
        assert response["ETag"] == tag
        assert faults.calls == []

    @pytest.mark.parametrize("header", ['"{}-150"', "{}", '"other"', "", '"{}'])
    def test_another_tag_gets_the_content(self, client: Browser, keep: Keep, header: str) -> None:
        digest = keep(JPEG)
        response = client.get(address(digest), headers={"If-None-Match": header.format(digest)})
        assert response.status_code == 200
        assert response.body == JPEG

    def test_needs_the_signature_all_the_same(self, client: Browser, keep: Keep) -> None:
        response = client.get(address(keep(JPEG))[:-1], headers={"If-None-Match": "*"})
        assert_refused(response, 403, "bad_signature")


class TestRange:
    DATA = bytes(range(200))

    def get(self, client: Browser, keep: Keep, value: str, **headers: str) -> Any:
        return client.get(address(keep(self.DATA), "application/pdf", "x.pdf"), headers={"Range": value, **headers})

    @pytest.mark.parametrize(
        ("value", "part", "content_range"),
        [
            ("bytes=0-0", DATA[:1], "bytes 0-0/200"),
            ("bytes=-1", DATA[-1:], "bytes 199-199/200"),
            ("bytes=5-", DATA[5:], "bytes 5-199/200"),
            ("bytes=5-9", DATA[5:10], "bytes 5-9/200"),
            ("bytes=100-5000", DATA[100:], "bytes 100-199/200"),
        ],
    )
    def test_one(self, client: Browser, keep: Keep, value: str, part: bytes, content_range: str) -> None:
        response = self.get(client, keep, value)
        assert response.status_code == 206
        assert response.body == part
        assert response["Content-Range"] == content_range
        assert response["Content-Length"] == str(len(part))
        assert response["Cache-Control"] == FOREVER
        assert response["ETag"] == f'"{sha256(self.DATA)}"'

    def test_past_the_end_is_refused_and_cached_by_nobody(self, client: Browser, keep: Keep) -> None:
        response = self.get(client, keep, "bytes=200-")
        assert_refused(response, 416, "range_not_satisfiable")
        assert response["Content-Range"] == "bytes */200"

    def test_if_range_with_the_same_tag(self, client: Browser, keep: Keep) -> None:
        response = self.get(client, keep, "bytes=0-9", **{"If-Range": f'"{sha256(self.DATA)}"'})
        assert response.status_code == 206

    @pytest.mark.parametrize("tag", ['"other"', 'W/"{}"', "Wed, 21 Oct 2026 07:28:00 GMT", ""])
    def test_if_range_with_another_tag_gives_the_whole(self, client: Browser, keep: Keep, tag: str) -> None:
        response = self.get(client, keep, "bytes=0-9", **{"If-Range": tag.format(sha256(self.DATA))})
        assert response.status_code == 200
        assert response.body == self.DATA

    def test_head_knows_no_ranges(self, client: Browser, keep: Keep) -> None:
        response = client.head(address(keep(self.DATA)), headers={"Range": "bytes=0-9"})
        assert response.status_code == 200
        assert response["Content-Length"] == "200"

    def test_only_the_part_is_sent(self, client: Browser, keep: Keep) -> None:
        data = b"a" * 1_000_000 + b"b" * 10 + b"a" * 1_000_000
        response = client.get(address(keep(data), "application/pdf"), headers={"Range": "bytes=1000000-1000009"})
        assert response.body == b"b" * 10

    @pytest.mark.django_db
    def test_the_connection_of_an_abandoned_answer_is_given_back(self, keep: Keep) -> None:
        one = address(keep(b"x" * 300_000), "application/pdf")
        for _ in range(40):
            response: Any = Client().get(one, headers={"Range": "bytes=5-"})
            next(iter(response))
            response.close()


class TestWebServer:
    """A WSGI server that can send files itself gets them as files."""

    def ask(self, one: str, **headers: str) -> tuple[list[Any], dict[str, str]]:
        files: list[Any] = []
        heads: dict[str, str] = {}

        def send(file: Any, block_size: int) -> Any:
            files.append(file)
            return FileWrapper(file, block_size)

        def start(status: str, pairs: list[tuple[str, str]], *args: Any) -> Callable[[bytes], object]:
            heads.update(pairs)
            return files.append

        environ = RequestFactory(headers=headers).get(one).environ | {"wsgi.file_wrapper": send}
        answer: Any = WSGIHandler()(environ, start)
        heads["body"] = b"".join(answer).decode()
        answer.close()
        return files, heads

    @pytest.mark.django_db
    def test_gets_the_whole(self, keep: Keep) -> None:
        files, heads = self.ask(address(keep(b"0123456789"), "application/pdf"))
        assert len(files) == 1
        assert files[0].closed
        assert heads["body"] == "0123456789"

    @pytest.mark.django_db
    def test_gets_a_part_that_ends_where_it_should(self, keep: Keep) -> None:
        files, heads = self.ask(address(keep(b"0123456789"), "application/pdf"), Range="bytes=2-5")
        assert len(files) == 1
        assert files[0].closed
        assert (heads["body"], heads["Content-Length"]) == ("2345", "4")

    @pytest.mark.django_db
    def test_finds_a_file_of_a_folder_at_the_offset_of_the_part(self, tmp_path: Path) -> None:
        store = FileSystemCASStorage(tmp_path)
        store.create()
        staged = stage_chunks(store.staging_dir, [b"0123456789"])
        store.publish(staged)
        with store.open_range(staged.digest, 2, 4) as part:
            assert os.lseek(part.fileno(), 0, os.SEEK_CUR) == 2


class TestAccelRedirect:
    """The file is handed to nginx, where there is a file; tests/cas/test_nginx.py has the rest of the way."""

    @pytest.fixture(autouse=True)
    def location(self, settings: Settings) -> None:
        settings.CAS_ACCEL_REDIRECT = "/internal/cas/"

    def test_names_the_file_and_opens_nothing(self, client: Browser, keep: Keep, faults: Faults) -> None:
        digest = keep(JPEG)
        response = client.get(address(digest), headers={"Range": "bytes=0-3"})
        if isinstance(cas_storage(), FileSystemCASStorage):
            assert response["X-Accel-Redirect"] == f"/internal/cas/{digest}"
            assert (response.status_code, response.body) == (200, b"")
            assert faults.count("open_range") == 0
        else:
            assert "X-Accel-Redirect" not in response
            assert (response.status_code, response.body) == (206, JPEG[:4])
        assert (
            response["Content-Security-Policy"]
            == "default-src 'none'; sandbox; style-src 'unsafe-inline'; frame-ancestors 'self'"
        )

    def test_thumbnails_are_sent_from_here(self, client: Browser, keep: Keep) -> None:
        response = client.get(thumbnail_url(keep(JPEG), 150))
        assert response.body.startswith(b"\xff\xd8")


class TestHarmless:
    """A stranger's bytes neither run in a browser nor are misread by it."""

    @pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"])
    def test_pictures_are_shown_in_a_sandbox(self, client: Browser, keep: Keep, content_type: str) -> None:
        response = client.get(address(keep(JPEG), content_type, "x"))
        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"].startswith("inline")
        assert (
            response["Content-Security-Policy"]
            == "default-src 'none'; sandbox; style-src 'unsafe-inline'; frame-ancestors 'self'"
        )
        assert "X-Frame-Options" not in response

    def test_a_pdf_is_shown_in_our_own_viewer_only(self, client: Browser, keep: Keep) -> None:
        response = client.get(address(keep(pdf()), "application/pdf", "x.pdf"))
        assert response["Content-Disposition"].startswith("inline")
        assert response["Content-Security-Policy"] == "frame-ancestors 'self'"
        assert "X-Frame-Options" not in response

    @pytest.mark.parametrize(
        "content_type",
        [
            *("text/html", "image/svg+xml", "application/javascript", "application/octet-stream"),
            *("image/jpeg; charset=utf-8", "IMAGE/JPEG", "image/jpeg\r\nSet-Cookie: a=b", "nonsense"),
        ],
    )
    @pytest.mark.parametrize("disposition", ["inline", "attachment"])
    def test_anything_else_is_a_download(
        self, client: Browser, keep: Keep, content_type: str, disposition: str
    ) -> None:
        response = client.get(address(keep(b"<script>"), content_type, "x.html", disposition=disposition))
        assert response.body == b"<script>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"] == 'attachment; filename="x.html"'
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_a_download_is_asked_for(self, client: Browser, keep: Keep) -> None:
        response = client.get(address(keep(JPEG), disposition="attachment"))
        assert response["Content-Disposition"] == 'attachment; filename="photo.jpg"'
        assert response["Content-Type"] == "image/jpeg"

    @pytest.mark.parametrize(
        ("content_type", "name", "saved"),
        [
            ("application/pdf", "setup.bat", "setup.bat.pdf"),
            ("image/gif", "evil.hta", "evil.hta.gif"),
            ("image/png", "photo.jpg", "photo.jpg.png"),
            ("image/jpeg", "PHOTO.JPEG", "PHOTO.JPEG"),
            ("application/pdf", "report.pdf\u202e.", "report.pdf"),
            ("application/pdf", "", "file.pdf"),
            ("application/pdf", "x" * 255, "x" * 251 + ".pdf"),
        ],
    )
    @pytest.mark.parametrize("disposition", ["inline", "attachment"])
    def test_carries_no_extension_that_its_type_does_not_have(
        self, client: Browser, keep: Keep, content_type: str, name: str, saved: str, disposition: str
    ) -> None:
        response = client.get(address(keep(JPEG), content_type, name, disposition=disposition))
        assert response["Content-Disposition"] == f'{disposition}; filename="{saved}"'


class TestStateless:
    @pytest.mark.django_db
    @pytest.mark.parametrize("asked", ["original", "thumbnail", "304", "404", "403"])
    def test_no_query_and_no_cookie_for_somebody_logged_in(
        self, keep: Keep, superuser: User, django_assert_num_queries: DjangoAssertNumQueries, asked: str
    ) -> None:
        client = Browser()
        client.force_login(superuser)
        digest = keep(JPEG)
        addresses = {"thumbnail": thumbnail_url(digest, 150), "404": address("a" * 64), "403": address(digest)[:-1]}
        headers = {"If-None-Match": "*"} if asked == "304" else {}
        with django_assert_num_queries(0):
            response = client.get(addresses.get(asked, address(digest)), headers=headers)
        assert response.status_code == (int(asked) if asked.isdigit() else 200)
        assert "Cookie" not in response.get("Vary", "")
        assert not response.cookies


class TestMetrics:
    def requests(self, status: str, kind: str) -> float:
        return REGISTRY.get_sample_value("cas_requests_total", {"status": status, "kind": kind}) or 0

    def seconds(self, kind: str, cache: str) -> float:
        return REGISTRY.get_sample_value("cas_response_seconds_count", {"kind": kind, "cache": cache}) or 0

    def test_every_answer_is_counted_by_status_and_kind(self, client: Browser, keep: Keep) -> None:
        digest = keep(JPEG)
        asked = {
            ("200", "content"): address(digest),
            ("200", "thumbnail"): thumbnail_url(digest, 150),
            ("403", "content"): address(digest)[:-1],
            ("404", "thumbnail"): thumbnail_url("a" * 64, 150),
        }
        for labels, one in asked.items():
            before = self.requests(*labels)
            client.get(one)
            assert self.requests(*labels) == before + 1

    def test_revalidation_is_told_from_sending(self, client: Browser, keep: Keep) -> None:
        digest = keep(JPEG)
        sent, revalidated = self.seconds("content", "sent"), self.seconds("content", "revalidated")
        client.get(address(digest))
        client.get(address(digest), headers={"If-None-Match": "*"})
        assert self.seconds("content", "sent") == sent + 1
        assert self.seconds("content", "revalidated") == revalidated + 1
