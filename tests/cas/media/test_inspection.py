"""Looking at incoming bytes before they are kept."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image
from pytest_django import Settings

from cas.errors import EmptyFileError, FileTooLargeError, FileTypeNotAllowedError, ImageRefusedError
from cas.media.filetypes import FileType
from cas.media.inspection import inspect
from cas.storage import CASStorage
from cas.storage.staging import StagedFile, stage_chunks
from tests.plugins.files import pdf, picture

Look = Callable[[bytes], FileType]


@pytest.fixture
def look(store: CASStorage) -> Iterator[Look]:
    """The type of some bytes."""
    files: list[StagedFile] = []

    def make(data: bytes) -> FileType:
        files.append(stage_chunks(store.staging_dir, [data]))
        return inspect(files[-1]).file_type

    yield make
    for staged in files:
        staged.close()


def noise() -> bytes:
    """A picture that does not compress, so that a part of its bytes is a part of the picture."""
    output = BytesIO()
    Image.effect_noise((200, 200), 60).save(output, "JPEG")
    return output.getvalue()


class TestInspect:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
    def test_knows_pictures(self, look: Look, form: str) -> None:
        assert look(picture(form=form)).content_type == f"image/{form.lower()}"

    def test_knows_documents(self, look: Look) -> None:
        assert look(pdf()).kind == "pdf"

    def test_keeps_a_damaged_document(self, look: Look) -> None:
        assert look(pdf()[:-200]).kind == "pdf"

    def test_leaves_the_file_at_its_beginning(self, store: CASStorage) -> None:
        staged = stage_chunks(store.staging_dir, [picture()])
        inspect(staged)
        assert staged.file.read() == picture()
        staged.close()

    def test_refuses_nothing_at_all(self, look: Look) -> None:
        with pytest.raises(EmptyFileError):
            look(b"")

    def test_refuses_other_types(self, look: Look) -> None:
        with pytest.raises(FileTypeNotAllowedError, match=r"This is a TIFF picture\. Allowed are JPEG"):
            look(picture(form="TIFF"))

    @pytest.mark.parametrize("percent", [1, 50, 90])
    def test_refuses_a_picture_that_is_cut_off(self, look: Look, percent: int) -> None:
        whole = noise()
        with pytest.raises(ImageRefusedError, match="damaged or incomplete"):
            look(whole[: len(whole) * percent // 100])

    def test_refuses_more_pixels_than_allowed(self, look: Look, settings: Settings) -> None:
        settings.MAX_IMAGE_PIXELS = 320 * 200
        look(picture(size=(320, 200)))
        with pytest.raises(ImageRefusedError, match="321 × 200 pixels"):
            look(picture(size=(321, 200)))

    @pytest.mark.parametrize(
        ("setting", "data", "what"), [("MAX_IMAGE_BYTES", picture(), "JPEG picture"), ("MAX_PDF_BYTES", pdf(), "PDF")]
    )
    def test_refuses_more_bytes_than_its_type_may_have(
        self, look: Look, settings: Settings, setting: str, data: bytes, what: str
    ) -> None:
        setattr(settings, setting, len(data))
        look(data)
        setattr(settings, setting, len(data) - 1)
        with pytest.raises(FileTooLargeError, match=what):
            look(data)
