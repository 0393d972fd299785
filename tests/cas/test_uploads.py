"""Files over HTTP: received into staging, and refused without a trace."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image
from pytest_django import Settings

from attachments.models import Attachment, AttachmentSet
from cas.models import Blob, Purge
from cas.storage import CASStorage
from tests.factories import PartFactory
from tests.plugins.faults import Faults
from tests.plugins.files import heic, pdf, picture, sha256

pytestmark = pytest.mark.django_db

Names = Callable[[], list[str]]


@pytest.fixture
def set_id() -> int:
    """The attachment set of a new part."""
    return PartFactory.create().attachment_set_id


@pytest.fixture
def member(superuser: User) -> Client:
    """Somebody logged in. An unforeseen error is an answer, as it would be in production."""
    client = Client(raise_request_exception=False)
    client.force_login(superuser)
    return client


@pytest.fixture
def nothing_stays(set_id: int, stored: Names, staged_files: Callable[[], list[Path]]) -> Iterator[None]:
    """Whatever the test sends, neither a row nor a byte is left."""
    yield
    assert not Attachment.objects.exists()
    assert not Blob.objects.exists()
    assert AttachmentSet.objects.get(pk=set_id).cover_attachment is None
    assert stored() == []
    assert staged_files() == []


def send(client: Client, set_id: int, *files: SimpleUploadedFile, **fields: Any) -> Any:
    """A browser's form."""
    return client.post(f"/api/attachment-sets/{set_id}/attachments", {"file": files, **fields})


def send_body(
    client: Client, path: str, body: bytes, *, length: int | None = None, kind: str = MULTIPART_CONTENT
) -> Any:
    """Any bytes as a form's body, and a Content-Length that may be a lie."""
    return client.generic("POST", path, body[: length if length is not None else None], kind)


def assert_error(response: Any, status: int, code: str, *words: str) -> None:
    assert response.status_code == status
    answer = response.json()
    assert answer["details"]["code"] == code
    for word in words:
        assert word in answer["error"]


def file(data: bytes, name: str, content_type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type)


def one_bit_png(side: int) -> bytes:
    output = BytesIO()
    Image.new("1", (side, side)).save(output, "PNG")
    return output.getvalue()


class TestAccepted:
    @pytest.mark.parametrize(
        ("data", "name", "claimed", "content_type", "kind"),
        [
            (picture(), "photo.jpg", "image/jpeg", "image/jpeg", "image"),
            (picture(form="PNG"), "photo.jpg", "application/pdf", "image/png", "image"),
            (picture(form="GIF"), "x", "", "image/gif", "image"),
            (picture(form="WEBP"), "x.exe", "text/html", "image/webp", "image"),
            (picture(form="AVIF"), "x.avif", "image/avif", "image/avif", "image"),
            (pdf(), "x.html", "text/html", "application/pdf", "pdf"),
            (pdf()[:-200], "damaged.pdf", "application/pdf", "application/pdf", "pdf"),
            (heic(), "IMG_0001.HEIC", "", "image/heic", "image"),
            (b"just some text", "photo.png", "image/png", "application/octet-stream", "file"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "x.html", "text/html", "application/octet-stream", "file"),
            (b"MZ\x90\x00" + bytes(2000), "datasheet.pdf", "application/pdf", "application/octet-stream", "file"),
            (b"PK\x03\x04" + bytes(2000), "gerbers.zip", "application/zip", "application/octet-stream", "file"),
        ],
    )
    def test_the_bytes_decide_the_type(
        self, member: Client, set_id: int, data: bytes, name: str, claimed: str, content_type: str, kind: str
    ) -> None:
        answer = send(member, set_id, file(data, name, claimed))
        assert answer.status_code == 201
        row = answer.json()
        assert (row["content_type"], row["attachment_type"]) == (content_type, kind)
        assert (row["sha256"], row["file_size"]) == (sha256(data), len(data))

    def test_is_stored_and_leaves_staging_empty(
        self, member: Client, set_id: int, stored: Names, staged_files: Callable[[], list[Path]]
    ) -> None:
        assert send(member, set_id, file(picture(), "photo.jpg")).status_code == 201
        assert stored() == [sha256(picture())]
        assert staged_files() == []

    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("データシート.jpg", "データシート.jpg"),
            ("../../etc/passwd.jpg", "passwd.jpg"),
            ('a "quoted"; name=x.jpg', 'a "quoted"; name=x.jpg'),
            ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
            ("evil\u202egpj.jpeg", "evilgpj.jpeg"),
            ("5%22 panel%0D%0A, 100%25.jpg", '5" panel, 100%25.jpg'),
            ("a&section=2&amp;b&#46;jpg", "a&section=2&amp;b&#46;jpg.jpg"),
            ("👩‍🔬 می\u200cخواهم.jpg", "👩‍🔬 می\u200cخواهم.jpg"),
            ("..", "file.jpg"),
        ],
    )
    def test_the_name_is_kept_but_for_what_is_dangerous(
        self, member: Client, set_id: int, name: str, kept: str
    ) -> None:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
        escaped = name.replace("\\", "\\\\").replace('"', '\\"').encode()
        body = head % escaped + picture() + b"\r\n--x--\r\n"
        path = f"/api/attachment-sets/{set_id}/attachments"
        answer = send_body(member, path, body, kind="multipart/form-data; boundary=x")
        assert answer.status_code == 201
        assert answer.json()["title"] == kept
        assert kept.startswith(answer.json()["filename"])

    def test_a_browser_with_csrf_checks(self, superuser: User, set_id: int) -> None:
        # The check reads the body before any view does; the file must come through all the same.
        client = Client(enforce_csrf_checks=True)
        client.force_login(superuser)
        client.cookies["csrftoken"] = token = "t" * 32
        path = f"/api/attachment-sets/{set_id}/attachments"
        assert client.post(path, {"file": file(picture(), "x.jpg")}, headers={"X-CSRFToken": token}).status_code == 201

    def test_bytes_of_any_length_arrive_whole(self, member: Client, set_id: int, store: CASStorage) -> None:
        for size in (255 * 1024, 256 * 1024, 256 * 1024 + 1, 3_000_000):
            data = pdf() + b"\n%" + bytes(range(48, 58)) * (size // 10)
            row = send(member, set_id, file(data, "x.pdf")).json()
            assert row["sha256"] == sha256(data)
            with store.open_range(row["sha256"]) as stored:
                assert sha256(b"".join(iter(lambda: stored.read(65_536), b""))) == sha256(data)


@pytest.mark.usefixtures("nothing_stays")
class TestRefused:
    @pytest.mark.parametrize(
        ("data", "name"), [(b"MZ" + bytes(5000), "firmware.bin"), (b"MZ", "a.bin"), (b"text", "a.EXE")]
    )
    def test_a_blocked_type(self, member: Client, set_id: int, settings: Settings, data: bytes, name: str) -> None:
        settings.BLOCKED_FILE_TYPES = ["bat", "exe"]
        answer = send(member, set_id, file(data, name))
        assert_error(answer, 400, "file_type_not_allowed", "the type .exe", "any other file up to 500 MB, except .bat")

    def test_an_empty_file(self, member: Client, set_id: int) -> None:
        assert_error(send(member, set_id, file(b"", "x.png")), 400, "empty_file", "empty")

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
    def test_half_a_picture(self, member: Client, set_id: int, form: str) -> None:
        output = BytesIO()
        Image.effect_noise((300, 300), 100).convert("RGB").save(output, form)
        half = output.getvalue()[: len(output.getvalue()) // 2]
        assert_error(send(member, set_id, file(half, "x.jpg")), 400, "image_refused", "damaged")

    def test_a_picture_that_would_fill_the_memory(self, member: Client, set_id: int) -> None:
        answer = send(member, set_id, file(one_bit_png(13_000), "x.png"))
        assert_error(answer, 400, "image_refused", "13,000 × 13,000", "64 million")

    @pytest.mark.parametrize("title", ["x" * 256, "a\x00b", "line\nbreak", "bell\x07"])
    def test_a_title_that_is_none(self, member: Client, set_id: int, title: str) -> None:
        answer = send(member, set_id, file(picture(), "x.jpg"), title=title)
        assert_error(answer, 400, "invalid", "title")
        assert "title" in answer.json()["details"]["fields"]

    def test_a_title_without_end(self, member: Client, set_id: int) -> None:
        answer = send(member, set_id, file(picture(), "x.jpg"), title="x" * 3_000_000)
        assert_error(answer, 400, "body_too_large")

    def test_more_or_fewer_than_one_file(self, member: Client, set_id: int) -> None:
        two = send(member, set_id, file(picture(), "1.jpg"), file(picture("blue"), "2.jpg"))
        none = send(member, set_id)
        elsewhere = member.post(f"/api/attachment-sets/{set_id}/attachments", {"photo": file(picture(), "x.jpg")})
        for answer in (two, none, elsewhere):
            assert_error(answer, 400, "invalid", "exactly one file")

    def test_a_good_file_before_a_bad_one(self, member: Client, set_id: int) -> None:
        answer = send(member, set_id, file(picture(), "good.jpg"), file(picture().ljust(40_000_000, b"\0"), "bad.jpg"))
        assert_error(answer, 400, "file_too_large", "at most 30 MB")

    def test_a_hundred_files(self, member: Client, set_id: int) -> None:
        answer = send(member, set_id, *[file(picture(), f"{number}.jpg") for number in range(101)])
        assert answer.status_code == 400
        assert answer.json()["error"]

    def test_an_unknown_set(self, member: Client) -> None:
        assert_error(send(member, 2**40, file(picture(), "x.jpg")), 404, "unknown_attachment_set")


@pytest.mark.usefixtures("nothing_stays")
class TestSizeLimit:
    @pytest.fixture(autouse=True)
    def small_limits(self, settings: Settings) -> None:
        settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES, settings.MAX_FILE_BYTES = 200_000, 400_000, 300_000

    @pytest.mark.parametrize(
        ("head", "size", "words"),
        [
            (picture(), 200_001, ["JPEG picture", "has 0.3 MB", "0.2 MB"]),
            (picture(form="PNG"), 300_000, ["PNG picture", "0.3 MB", "0.2 MB"]),
            (pdf(), 400_001, ["PDF document", "has 0.5 MB", "0.4 MB"]),
            (b"PK\x03\x04", 300_001, ["This file", "has 0.4 MB", "0.3 MB"]),
        ],
    )
    def test_is_that_of_the_type_and_is_named(
        self, member: Client, set_id: int, head: bytes, size: int, words: list[str]
    ) -> None:
        answer = send(member, set_id, file(head.ljust(size, b"\0"), "x"))
        assert_error(answer, 400, "file_too_large", *words)

    def test_of_the_whole_request(self, member: Client, set_id: int) -> None:
        answer = send(member, set_id, file(pdf().ljust(600_000, b"\0"), "x.pdf"))
        assert_error(answer, 400, "file_too_large", "0.6 MB", "0.4 MB")

    def test_of_any_request(self, member: Client, settings: Settings) -> None:
        settings.MAX_REQUEST_BYTES = 300_000
        answer = member.post("/admin/auth/user/add/", {"file": file(bytes(400_000), "x.pdf")})
        assert answer.status_code == 400
        assert "The request has 0.4 MB; at most 0.3 MB are allowed." in answer.content.decode()


class TestSizeLimitItself:
    def test_is_allowed(self, member: Client, set_id: int, settings: Settings) -> None:
        data = pdf().ljust(300_000, b"\n")
        settings.MAX_PDF_BYTES = len(data)
        assert send(member, set_id, file(data, "x.pdf")).status_code == 201
        settings.MAX_PDF_BYTES = len(data) - 1
        assert_error(send(member, set_id, file(data, "x.pdf")), 400, "file_too_large")


@pytest.mark.usefixtures("nothing_stays")
class TestBrokenBody:
    """What a client that went away, or a hostile one, leaves."""

    def path(self, set_id: int) -> str:
        return f"/api/attachment-sets/{set_id}/attachments"

    def test_one_that_ends_in_the_middle_of_a_file(self, member: Client, set_id: int) -> None:
        body = encode_multipart(BOUNDARY, {"file": file(pdf().ljust(1_000_000, b"\n"), "x.pdf")})
        for length in (10, 200, 5000, 600_000, len(body) - 10):
            answer = send_body(member, self.path(set_id), body, length=length)
            assert answer.status_code == 400
            assert answer.json()["error"]

    @pytest.mark.parametrize(
        "kind",
        [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            f"multipart/form-data; boundary={'x' * 300}",
            "multipart/form-data; boundary=é",
            "multipart/mixed; boundary=x",
        ],
    )
    def test_one_without_a_boundary(self, member: Client, set_id: int, kind: str) -> None:
        answer = send_body(member, self.path(set_id), b"--x\r\n\r\n--x--", kind=kind)
        assert answer.status_code in {400, 415}
        assert answer.json()["error"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\0" * 100_000,
            b"--x\r\n" * 1000,
            b"--x\r\nContent-Disposition: form-data; name=file; filename=x.png\r\n" + b"A: b\r\n" * 9999,
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b"!" * 5000 + b"\r\n--x--\r\n",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nabc\r\n--x--\r\n',
            b"--x\r\nContent-Disposition: form-data; filename=x.png\r\n\r\nabc\r\n--x--\r\n",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\nabc\r\n--x',
        ],
    )
    def test_a_malformed_one(self, member: Client, set_id: int, body: bytes) -> None:
        answer = send_body(member, self.path(set_id), body, kind="multipart/form-data; boundary=x")
        assert answer.status_code == 400
        assert answer.json()["error"]

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""])
    def test_one_of_another_type(self, member: Client, set_id: int, kind: str) -> None:
        assert_error(send_body(member, self.path(set_id), picture(), kind=kind), 415, "unsupported_media_type")


@pytest.mark.usefixtures("nothing_stays")
class TestNobody:
    """Without a login no file reaches the disk."""

    def test_at_the_api(self, set_id: int, faults: Faults) -> None:
        assert_error(send(Client(), set_id, file(picture(), "x.jpg")), 401, "login_required")
        assert faults.calls == []

    def test_at_the_login_page(self, staged_files: Callable[[], list[Path]]) -> None:
        # A form without its token is refused before it is read; with one, at its first file.
        client = Client(enforce_csrf_checks=True)
        client.cookies["csrftoken"] = token = "t" * 32
        answer = client.post("/admin/login/", {"csrfmiddlewaretoken": token, "file": file(picture(), "x.jpg")})
        assert answer.status_code == 403
        assert "Log in before sending files." in answer.content.decode()
        assert (
            Client(enforce_csrf_checks=True).post("/admin/login/", {"file": file(picture(), "x.jpg")}).status_code
            == 403
        )

    def test_somebody_without_permission(self, set_id: int, faults: Faults) -> None:
        client = Client()
        client.force_login(User.objects.create_user("reader"))
        assert_error(send(client, set_id, file(picture(), "x.jpg")), 403, "forbidden")
        assert faults.calls == []


class TestStoreFails:
    @pytest.mark.usefixtures("nothing_stays")
    def test_nothing_changes(self, member: Client, set_id: int, faults: Faults) -> None:
        faults.fail("publish")
        answer = send(member, set_id, file(picture(), "x.jpg"))
        assert_error(answer, 500, "storage_unavailable", "nothing was changed")
        assert faults.count("remove") == 0

    def test_what_was_sent_before_has_no_row(self, member: Client, set_id: int, faults: Faults, stored: Names) -> None:
        faults.fail("stat")
        answer = send(member, set_id, file(picture(), "x.jpg"))
        assert_error(answer, 500, "storage_unavailable", "nothing was changed")
        assert not Blob.objects.exists()
        # The collector adopts it, or the next upload of these bytes does.
        assert stored() == [sha256(picture())]
        assert send(member, set_id, file(picture(), "x.jpg")).status_code == 201

    @pytest.mark.usefixtures("nothing_stays")
    def test_a_disk_that_takes_nothing(
        self, member: Client, set_id: int, store: CASStorage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        with monkeypatch.context() as patch:
            patch.setattr(store, "staging_dir", tmp_path / "file" / "staging")
            answer = send(member, set_id, file(picture(), "x.jpg"))
        assert_error(answer, 500, "storage_unavailable")

    @pytest.mark.usefixtures("nothing_stays")
    def test_content_that_is_being_removed_may_be_sent_again(self, member: Client, set_id: int) -> None:
        Purge.objects.create(digest=sha256(picture()), token=uuid4())
        answer = send(member, set_id, file(picture(), "x.jpg"))
        assert_error(answer, 409, "content_busy", "try again")
        assert int(answer["Retry-After"]) > 0

    def test_an_earlier_cover_stays(self, member: Client, set_id: int, faults: Faults) -> None:
        cover = send(member, set_id, file(picture(), "x.jpg")).json()["id"]
        faults.fail("publish")
        assert send(member, set_id, file(picture("blue"), "y.jpg")).status_code == 500
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment_id == cover
        assert Attachment.objects.count() == 1


class TestAdmin:
    """In the admin a refused file does not take the rest of the form with it."""

    @pytest.mark.parametrize(
        "data",
        [picture(), b"MZ" + bytes(300_000), picture().ljust(project_settings.MAX_IMAGE_BYTES + 1, b"\0"), b""],
        ids=["good", "program", "too large", "empty"],
    )
    def test_the_rest_of_the_form_is_read(
        self, member: Client, data: bytes, staged_files: Callable[[], list[Path]]
    ) -> None:
        # The file comes first, the fields after it.
        fields = {"avatar": file(data, "x.jpg"), "username": "new", "password1": "Tr0ub4dor&3", "password2": "other"}
        answer = member.post("/admin/auth/user/add/", fields | {"usable_password": "true"})
        assert answer.status_code == 200
        assert 'value="new"' in answer.content.decode()
        assert staged_files() == []

    def test_the_rest_of_the_form_is_read_when_nothing_can_be_kept(self, member: Client, store: CASStorage) -> None:
        if store.staging_dir.exists():
            store.staging_dir.rmdir()
        store.staging_dir.touch()
        try:
            answer = member.post("/admin/auth/user/add/", {"avatar": file(picture(), "x.jpg"), "username": "new"})
        finally:
            store.staging_dir.unlink()
        assert answer.status_code == 200
        assert 'value="new"' in answer.content.decode()
