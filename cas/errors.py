"""What can go wrong with contents; `str()` is a sentence for a person. `core.errors` has the kinds."""

from core.errors import BusyError, CannotProcessError, InventoryError, NotAllowedError, NotFoundError, RefusedInputError


class CannotShowError(CannotProcessError):
    """The bytes are there, but no picture can be made of them."""

    code = "cannot_show"


class DamagedImageError(CannotShowError):
    """The picture cannot be decoded to its end."""

    code = "image_damaged"

    def __init__(self) -> None:
        super().__init__("The picture is damaged or incomplete and cannot be shown.")


class DecodingLimitError(CannotShowError):
    """Opening the file takes more processor time or memory than a job may; it may be whole all the same."""

    code = "decoding_limit"

    def __init__(self) -> None:
        super().__init__(
            "Opening this file takes more time or memory than is allowed. Save it again with another program, and try "
            "that."
        )


class DecodingBusyError(BusyError):
    """All places where pictures are opened are taken, or the user's own."""

    code = "decoding_busy"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("Too many pictures are being opened at the moment; try again in a few seconds.")


NO_ROOM = "There is no room for the file; nothing was changed."


class StorageUnavailableError(InventoryError):
    """The store failed or did not answer in time. The reason is the exception's cause, for operators only."""

    code = "storage_unavailable"

    def __init__(
        self, message: str = "The file storage does not answer; nothing was changed. Try again later."
    ) -> None:
        super().__init__(message)


class StorageStuckError(StorageUnavailableError, BusyError):
    """The store hangs; it was not asked this time."""

    retry_after_seconds = 10


class ContentBusyError(BusyError):
    """This very content is being deleted at the moment."""

    code = "content_busy"

    def __init__(self) -> None:
        super().__init__("This content is just being removed from storage; try again in a moment.")


class BlobNotFoundError(NotFoundError):
    """Storage does not hold the content."""

    code = "content_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such content.")


class FileTypeNotAllowedError(RefusedInputError):
    """The bytes are not one of the allowed types."""

    code = "file_type_not_allowed"


class FileTooLargeError(RefusedInputError):
    """The file, or the whole request, is over its limit."""

    code = "file_too_large"


class EmptyFileError(RefusedInputError):
    """There are no bytes at all."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("The file is empty.")


class UploadNotAllowedError(NotAllowedError):
    """A file came with a request of nobody."""

    code = "login_required"

    def __init__(self) -> None:
        super().__init__("Log in before sending files.")


class ImageRefusedError(RefusedInputError):
    """A picture that is damaged, or has too many pixels."""

    code = "image_refused"


class ImageLimitError(RefusedInputError):
    """A picture that takes too much time or memory to open. It may be whole all the same."""

    code = "decoding_limit"
