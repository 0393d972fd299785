"""Looking at incoming bytes before they are kept."""

from attachments.errors import ImageRefusedError
from cas import images
from cas.errors import CannotShowError, EmptyFileError
from cas.filetypes import FileType
from cas.staging import StagedFile
from cas.uploads import allowed_type, too_large


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
