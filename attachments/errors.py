"""What can go wrong with attachments; `str()` is a sentence for a person."""

from collections.abc import Mapping

from core.errors import ConflictError, NotFoundError, RefusedInputError


class AttachmentSetNotFoundError(NotFoundError):
    """There is no such set, or it went with its owner a moment ago."""

    code = "unknown_attachment_set"

    def __init__(self) -> None:
        super().__init__("There is no such attachment set.")


class AttachmentNotFoundError(NotFoundError):
    """There is no such attachment, or somebody deleted it a moment ago."""

    code = "unknown_attachment"

    def __init__(self) -> None:
        super().__init__("There is no such attachment.")


class RemovedAttachmentNotFoundError(NotFoundError):
    """It was brought back already, or its time was over."""

    code = "unknown_removed_attachment"

    def __init__(self) -> None:
        super().__init__("There is nothing to restore: it was restored already, or its time was over.")


class NotInSetError(RefusedInputError):
    """The attachment belongs to another set."""

    code = "not_in_set"

    def __init__(self) -> None:
        super().__init__("This attachment belongs to another set.")


class NotAnImageError(RefusedInputError):
    """Only what has a picture can be a cover."""

    code = "not_an_image"

    def __init__(self) -> None:
        super().__init__("Only an attachment with a picture can be the cover.")


class NotAFileError(RefusedInputError):
    """A link has an address, not a file that could be replaced."""

    code = "not_a_file"

    def __init__(self) -> None:
        super().__init__("A link has no file of its own to replace; delete it and add the file.")


class AlreadyInSetError(ConflictError):
    """The set has this very content, or a link to this address, and the caller did not want it twice."""

    code = "already_in_set"

    def __init__(self, what: str, attachment_id: int, title: str) -> None:
        super().__init__(f"This {what} is here already, as “{title}”.")
        self.facts: Mapping[str, int] = {"attachment_id": attachment_id}
