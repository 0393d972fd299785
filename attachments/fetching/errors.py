"""Why nothing was fetched; `str()` is a sentence for a person."""

from core.errors import BusyError, CannotProcessError


class CannotFetchError(CannotProcessError):
    """Nothing could be fetched from an address. `reason` is for the log.

    The sentence is the same whatever the reason: told apart, the refusals would draw a map of our network.
    """

    code = "cannot_fetch"

    def __init__(self, reason: str) -> None:
        super().__init__("Nothing could be fetched from this address.")
        self.reason = reason


class FetchingBusyError(BusyError):
    """So many links are being fetched that another one would make others wait for their pages."""

    code = "fetching_busy"
    retry_after_seconds = 10

    def __init__(self) -> None:
        super().__init__("Too many links are being fetched at the moment; try again in a few seconds.")
