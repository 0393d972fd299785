"""The judgement of incoming bytes before they are kept: their type, their size, and whether a picture is whole."""

from dataclasses import dataclass

from cas.errors import (
    CannotShowError,
    DecodingLimitError,
    EmptyFileError,
    FileTooLargeError,
    FileTypeNotAllowedError,
    ImageLimitError,
    ImageRefusedError,
)
from cas.media import images
from cas.media.filetypes import FileType, allowed_types, blocked_type, recognise
from cas.storage.staging import StagedFile


@dataclass(frozen=True)
class Inspection:
    """What incoming bytes are. `size` is a picture's width and height in pixels, None for a document."""

    file_type: FileType
    size: tuple[int, int] | None = None


def inspect(staged: StagedFile, *, filename: str = "", seconds: float | None = None) -> Inspection:
    """What the staged bytes are. `filename` may be of a type that is not wanted; `seconds` are all that it may take.

    Raises EmptyFileError, FileTypeNotAllowedError, FileTooLargeError; ImageRefusedError for a picture that has too many
    pixels or cannot be decoded to its end; ImageLimitError for one that takes too much time or memory;
    DecodingBusyError. A damaged PDF is kept: people often have no other.
    """
    if staged.size == 0:
        raise EmptyFileError
    file_type = allowed_type(staged.head, filename)
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


def allowed_type(head: bytes, filename: str) -> FileType:
    """The type that the first bytes show. Raises FileTypeNotAllowedError for one of BLOCKED_FILE_TYPES."""
    blocked = blocked_type(head, filename)
    if blocked is not None:
        raise FileTypeNotAllowedError(
            f"Files of the type .{blocked} are not taken here. Allowed are {allowed_types()}."
        )
    return recognise(head)


def too_large(what: str, size: int, limit: int) -> FileTooLargeError:
    """The error with the sentence that names limit and size."""
    # One byte too much must not read “has 10.0 MB; at most 10 MB are allowed”.
    tenths = max(round(size / 100_000), limit // 100_000 + 1)
    return FileTooLargeError(f"{what} has {tenths / 10:.1f} MB; at most {limit / 1_000_000:g} MB are allowed.")
