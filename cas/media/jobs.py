"""Opening a stranger's file: with a slot, in a process with limits, and with our errors for what can go wrong."""

import time
from typing import IO, Any

import structlog

from cas.errors import DamagedImageError, DecodingBusyError, DecodingLimitError
from cas.media.folders import thumbnail_folder
from cas.media.processes import WALL_SECONDS, Answer, JobCrashedError, JobLimitError, JobTimeoutError, run
from cas.media.slots import PATIENCE_SECONDS, slot

logger = structlog.get_logger(__name__)


def perform(
    job: str,
    file: IO[bytes],
    *,
    user: str | None = None,
    spare: int = 0,
    seconds: float | None = None,
    **parameters: Any,
) -> Answer:
    """Do the job on the file and return what it answered; `error` in its head is "too_many_pixels" at most.

    `user` holds the slot; what is for everybody leaves `spare` ones to others. `seconds` are all that it may take, the
    wait for a slot included. Raises DamagedImageError, DecodingLimitError, DecodingBusyError.
    """
    end = None if seconds is None else time.monotonic() + seconds
    try:
        with slot(thumbnail_folder(), user, spare=spare, seconds=PATIENCE_SECONDS if seconds is None else seconds):
            left = WALL_SECONDS if end is None else end - time.monotonic()
            answer = run({"job": job, **parameters}, file, seconds=min(left, WALL_SECONDS))
    except JobLimitError as error:
        logger.warning("file_not_opened", job=job, reason=error.reason)
        raise DecodingLimitError from error
    except JobTimeoutError as error:
        logger.warning("file_not_opened", job=job, reason=error.reason)
        raise DecodingBusyError from error
    except JobCrashedError as error:
        logger.warning("file_not_opened", job=job, reason=error.reason)
        raise DamagedImageError from error
    refusal = answer.head.get("error")
    if refusal:
        logger.info("file_not_opened", job=job, reason=answer.head.get("reason"))
    if refusal == "limit":
        raise DecodingLimitError
    if refusal == "damaged":
        raise DamagedImageError
    return answer
