"""Why a job gives no picture. `code` travels to the web process."""


class RefusedError(Exception):
    """Base: the file cannot be opened. `str()` is for the log."""

    code = "damaged"


class DamagedError(RefusedError):
    """Pixels are missing or cannot be decoded."""


class TooManyPixelsError(RefusedError):
    """The picture declares more pixels than its type may have."""

    code = "too_many_pixels"

    def __init__(self, width: int, height: int, kind: str) -> None:
        super().__init__(f"{width} × {height}")
        self.size = (width, height)
        self.kind = kind


class TooCostlyError(RefusedError):
    """A cheap look says that decoding would take too much time or memory."""

    code = "limit"
