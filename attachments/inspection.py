"""Looking at incoming bytes before they are kept."""

from dataclasses import dataclass

from attachments.errors import ImageLimitError, ImageRefusedError
from cas import images
from cas.errors import CannotShowError, EmptyFileError
from cas.filetypes import FileType
from cas.media.jobs import DecodingLimitError
from cas.staging import StagedFile
from cas.uploads import allowed_type, too_large


@dataclass(frozen=True)
class Inspection:
    """What incoming bytes are. `size` is a picture's width and height in pixels, None for a document."""

    file_type: FileType
    size: tuple[int, int] | None = None


def inspect(staged: StagedFile, *, seconds: float | None = None) -> Inspection:
    """What the staged bytes are. `seconds` are all that it may take.

    Raises EmptyFileError, FileTypeNotAllowedError, FileTooLargeError; ImageRefusedError for a picture that has too many
    pixels or cannot be decoded to its end; ImageLimitError for one that takes too much time or memory;
    DecodingBusyError. A damaged PDF is kept: people often have no other.
    """
    if staged.size == 0:
        raise EmptyFileError
    file_type = allowed_type(staged.head)
    if staged.size > file_type.max_bytes:
        raise too_large(f"This {file_type.label}", staged.size, file_type.max_bytes)
    if file_type.kind != "image":
        return Inspection(file_type)
    try:
        return Inspection(file_type, images.verify(staged.file, file_type, seconds=seconds))
    except DecodingLimitError as error:
        raise ImageLimitError(str(error)) from error
    except CannotShowError as error:
        raise ImageRefusedError(str(error)) from error
