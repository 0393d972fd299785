"""One span of time for everything that fetching a link takes: names, connections, redirects, bodies, pictures."""

import time

from attachments.fetching.errors import CannotFetchError


class Deadline:
    """A moment after which everything stops."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """The seconds that are left, always above zero. Raises CannotFetchError."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise CannotFetchError("the time is up")
        return seconds
