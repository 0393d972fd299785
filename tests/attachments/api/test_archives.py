"""ZIPs over HTTP."""

import io
import zipfile
from typing import Any

import pytest

from attachments.models import AttachmentOwner
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory
from tests.plugins.database import queries_of
from tests.plugins.faults import Faults

pytestmark = pytest.mark.django_db


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return opened.namelist()


def path_of(owner: AttachmentOwner) -> str:
    return f"/attachment-sets/{owner.attachment_set_id}/files.zip"


class TestSet:
    def test_is_a_download(self, reader: ApiClient) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part, filename="front.png")
        answer = reader.get(path_of(part))
        assert names(answer) == ["front.png", "manifest.json"]
        assert answer["Content-Type"] == "application/zip"
        assert answer["Content-Disposition"] == f'attachment; filename="attachments-{part.attachment_set_id}.zip"'
        assert answer["Cache-Control"] == "private, no-store"

    def test_has_its_length_without_its_bytes(self, reader: ApiClient) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part)
        whole = reader.get(path_of(part))
        head = reader.head(f"/api{path_of(part)}")
        assert (head.status_code, head.content) == (200, b"")
        assert head["Content-Length"] == whole["Content-Length"]

    def test_unknown_is_not_found_whatever_is_accepted(self, reader: ApiClient) -> None:
        answer = reader.get("/attachment-sets/4711/files.zip", headers={"Accept": "application/zip"})
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")

    def test_is_an_error_when_the_store_does_not_answer(self, reader: ApiClient, faults: Faults) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part)
        faults.fail("stat")
        answer = reader.get(path_of(part))
        assert (answer.status_code, answer.json()["details"]["code"]) == (500, "storage_unavailable")

    def test_takes_as_many_queries_for_many_as_for_one(self, reader: ApiClient) -> None:
        part = PartFactory.create()

        def queries_for(*, files: int) -> int:
            for _ in range(files):
                AttachmentFactory.create(image=True, owner=part)
            return queries_of(lambda: reader.get(path_of(part)))

        assert queries_for(files=1) == queries_for(files=9)


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [("Amp 1/2", "Amp 1_2.zip"), ("x/", "x_.zip"), ("..", "files.zip"), ("Amp.", "Amp.zip"), ("a\\b", "a_b.zip")],
)
def test_of_a_kit_is_called_like_it(reader: ApiClient, name: str, ascii_name: str) -> None:
    answer = reader.get(f"/kits/{KitFactory.create(name=name).pk}/files.zip")
    assert answer["Content-Disposition"] == f'attachment; filename="{ascii_name}"'


def test_a_part_has_its_own(reader: ApiClient) -> None:
    part = PartFactory.create(key="ABCD")
    AttachmentFactory.create(pdf=True, owner=part, filename="datasheet.pdf")
    answer = reader.get("/parts/ABCD/files.zip")
    assert names(answer) == ["datasheet.pdf", "manifest.json"]
    assert answer["Content-Disposition"] == 'attachment; filename="ABCD.zip"'
    assert reader.get("/parts/ZZZZ/files.zip").status_code == 404


class TestKit:
    @pytest.fixture(autouse=True)
    def kit(self, db: None) -> None:
        """A kit with a drawing and a part that has a datasheet."""
        content = KitContentFactory.create(part__key="ABCD", kit=KitFactory.create(pk=7, name="Radio: ½"))
        AttachmentFactory.create(image=True, owner=content.kit, filename="drawing.png")
        AttachmentFactory.create(pdf=True, owner=content.part, filename="datasheet.pdf")
        AttachmentFactory.create(pdf=True, filename="of another part.pdf")

    def test_has_its_own_files(self, reader: ApiClient) -> None:
        answer = reader.get("/kits/7/files.zip")
        assert names(answer) == ["drawing.png", "manifest.json"]
        assert "filename*=utf-8''Radio%3A%20%C2%BD.zip" in answer["Content-Disposition"]

    def test_and_on_request_those_of_its_parts(self, reader: ApiClient) -> None:
        answer = reader.get("/kits/7/files.zip?include=parts")
        assert names(answer) == ["drawing.png", "ABCD/datasheet.pdf", "manifest.json"]

    def test_and_of_nothing_else(self, reader: ApiClient) -> None:
        answer = reader.get("/kits/7/files.zip?include=everything")
        assert (answer.status_code, answer.json()["error"]) == (400, "include: Must be parts.")

    def test_unknown_is_not_found(self, reader: ApiClient) -> None:
        assert reader.get("/kits/4711/files.zip").status_code == 404
