"""Attachments as one ZIP."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from attachments import services
from attachments.archives import Archive, archive
from attachments.models import Attachment, AttachmentSet
from cas.errors import StorageUnavailableError
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db


@pytest.fixture
def attachment_set() -> AttachmentSet:
    return PartFactory.create().attachment_set


def attach(attachment_set: AttachmentSet, data: bytes, name: str) -> Attachment:
    return services.attach_file(set_id=attachment_set.pk, upload=ContentFile(data, name))


def unpacked(made: Archive) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The files by path, and the manifest's rows."""
    data = b"".join(made)
    assert len(data) == made.size
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        files = {name: opened.read(name) for name in opened.namelist()}
    return files, json.loads(files.pop("manifest.json"))["attachments"]


class TestContents:
    def test_are_the_bytes_that_were_uploaded_with_their_hashes(self, attachment_set: AttachmentSet) -> None:
        photo, sheet = picture(), pdf()
        attach(attachment_set, photo, "front.jpg")
        attach(attachment_set, sheet, "datasheet.pdf")
        services.attach_link(set_id=attachment_set.pk, url="https://example.com/", title="Its maker")
        files, rows = unpacked(archive(attachment_set.attachments.in_order()))
        assert files == {"front.jpg": photo, "datasheet.pdf": sheet}
        assert [(row["path"], row["sha256"], row["size"]) for row in rows] == [
            ("front.jpg", sha256(photo), len(photo)),
            ("datasheet.pdf", sha256(sheet), len(sheet)),
            (None, None, None),
        ]
        assert (rows[2]["title"], rows[2]["url"], rows[2]["missing"]) == ("Its maker", "https://example.com/", False)

    def test_of_nothing_are_a_manifest(self) -> None:
        assert unpacked(archive([])) == ({}, [])

    def test_not_migrated_yet_are_hashed_on_the_way(self, attachment_set: AttachmentSet, legacy_folder: Path) -> None:
        row = AttachmentFactory.create(legacy=True)
        path = legacy_folder / row.legacy_key
        path.parent.mkdir(parents=True)
        path.write_bytes(picture())
        files, [told] = unpacked(archive([row]))
        assert files == {"old.jpg": picture()}
        assert told["sha256"] == sha256(picture())

    def test_that_are_lost_are_named_and_the_rest_is_there(
        self, attachment_set: AttachmentSet, legacy_folder: Path
    ) -> None:
        legacy_folder.mkdir(exist_ok=True)
        lost = [
            AttachmentFactory.create(legacy=True),
            AttachmentFactory.create(legacy=True, legacy_key="missing/7"),
        ]
        found = attach(attachment_set, picture(), "front.jpg")
        files, rows = unpacked(archive([*lost, found]))
        assert list(files) == ["front.jpg"]
        assert [(row["path"], row["missing"]) for row in rows] == [(None, True), (None, True), ("front.jpg", False)]

    def test_may_be_in_folders(self, attachment_set: AttachmentSet) -> None:
        rows = [attach(attachment_set, picture(), "front.jpg"), attach(attachment_set, pdf(), "front.jpg")]
        folders = {rows[0].pk: "", rows[1].pk: "ABCD: a/../part"}
        files, _ = unpacked(archive(rows, folder=lambda row: folders[row.pk]))
        assert list(files) == ["front.jpg", "part/front.jpg.pdf"]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("../../etc/passwd.jpg", "passwd.jpg"),
            ("C:\\photos\\front.jpg", "front.jpg"),
            ('a<b>c:d"e|f?g*.jpg', "a_b_c_d_e_f_g_.jpg"),
            ("con.jpg", "con_.jpg"),
            ("LPT1.jpeg", "LPT1_.jpeg"),
            ("nul .jpg", "nul_.jpg"),
            ("aux . a.jpg", "aux_. a.jpg"),
            ("COM¹.jpg", "COM¹_.jpg"),
            ("conin$.jpg", "conin$_.jpg"),
            ("install.exe", "install.exe.jpg"),
            ("photo.png", "photo.png.jpg"),
            ("page.html", "page.html.jpg"),
            ("photo", "photo.jpg"),
            ("photo.JPG", "photo.JPG"),
            ("manifest.json", "manifest.json.jpg"),
            ("\u202egpj.exe", "gpj.exe.jpg"),
            ("抵抗.jpg", "抵抗.jpg"),
        ],
    )
    def test_are_safe_and_tell_the_type(self, attachment_set: AttachmentSet, name: str, expected: str) -> None:
        files, _ = unpacked(archive([attach(attachment_set, picture(), name)]))
        assert list(files) == [expected]

    def test_fit_into_a_file_system(self, attachment_set: AttachmentSet) -> None:
        rows = [attach(attachment_set, picture(), "抵" * 250 + ".jpg") for _ in range(3)]
        files, _ = unpacked(archive(rows))
        assert len(files) == 3
        assert all(len(name.encode()) <= 255 and name.endswith(".jpg") for name in files)

    def test_are_unique_also_without_regard_to_case(self, attachment_set: AttachmentSet) -> None:
        names = ["a.jpg", "A.JPG", "a.jpg", "a (2).jpg", "a.b.jpg", "a.b.jpg"]
        rows = [attach(attachment_set, picture(), name) for name in names]
        files, told = unpacked(archive(rows))
        assert list(files) == ["a.jpg", "A (2).JPG", "a (3).jpg", "a (2) (2).jpg", "a.b.jpg", "a.b (2).jpg"]
        assert [row["path"] for row in told] == list(files)


class TestStorage:
    def test_that_does_not_answer_is_told_before_the_first_byte(
        self, attachment_set: AttachmentSet, faults: Faults
    ) -> None:
        row = attach(attachment_set, picture(), "front.jpg")
        faults.fail("stat")
        with pytest.raises(StorageUnavailableError):
            archive([row])

    def test_that_fails_on_the_way_breaks_the_archive_off(self, attachment_set: AttachmentSet, faults: Faults) -> None:
        made = archive([attach(attachment_set, picture(), "front.jpg")])
        faults.fail("open_range")
        with pytest.raises(StorageUnavailableError):
            list(made)

    def test_is_asked_for_one_file_after_the_other(self, attachment_set: AttachmentSet, faults: Faults) -> None:
        rows = [attach(attachment_set, picture(colour), f"{colour}.jpg") for colour in ("red", "green", "blue")]
        chunks = iter(archive(rows))
        assert faults.count("open_range") == 0
        while faults.count("open_range") == 0:
            next(chunks)
        assert faults.count("open_range") == 1
        list(chunks)
        assert faults.count("open_range") == 3
