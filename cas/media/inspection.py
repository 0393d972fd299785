"""The judgement of incoming bytes before they are kept: their type, their size, and whether a picture is whole."""

from cas.errors import (
    CannotShowError,
    EmptyFileError,
    FileTooLargeError,
    FileTypeNotAllowedError,
    ImageRefusedError,
)
from cas.media import images
from cas.media.filetypes import FileType, allowed_types, describe, recognise
from cas.storage.staging import StagedFile


def inspect(staged: StagedFile) -> FileType:
    """The type of the staged bytes.

    Raises EmptyFileError, FileTypeNotAllowedError, FileTooLargeError; ImageRefusedError for a picture that has too many
    pixels or cannot be decoded to its end. A damaged PDF is kept: people often have no other.
    """
    if staged.size == 0:
        raise EmptyFileError
    file_type = allowed_type(staged.head)
    if staged.size > file_type.max_bytes:
        raise too_large(f"This {file_type.label}", staged.size, file_type.max_bytes)
    if file_type.kind == "image":
        try:
            images.verify(staged.file)
        except CannotShowError as error:
            raise ImageRefusedError(str(error)) from error
    return file_type


def allowed_type(head: bytes) -> FileType:
    """The type that the first bytes show. Raises FileTypeNotAllowedError, naming what was found."""
    file_type = recognise(head)
    if file_type is None:
        raise FileTypeNotAllowedError(f"This is {describe(head)}. Allowed are {allowed_types()}.")
    return file_type


def too_large(what: str, size: int, limit: int) -> FileTooLargeError:
    """The error with the sentence that names limit and size."""
    # One byte too much must not read “has 10.0 MB; at most 10 MB are allowed”.
    tenths = max(round(size / 100_000), limit // 100_000 + 1)
    return FileTooLargeError(f"{what} has {tenths / 10:.1f} MB; at most {limit / 1_000_000:g} MB are allowed.")
