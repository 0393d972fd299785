"""Whether the server on this machine can do its work: `python -m inventory.healthcheck`, for HEALTHCHECK of the image.

Exit code 0 when /health/ready answers 200; else 1, and the answer on stderr. It asks under a name that the server
knows, and loads no settings, so it costs next to nothing.
"""

import sys
from http.client import HTTPConnection, HTTPException

from inventory.origins import ALLOWED_HOSTS, HOST, PORT

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where it listens; here it is asked)
_SECONDS = 7


def main() -> int:
    """Ask once."""
    connection = HTTPConnection(_EVERYWHERE.get(HOST, HOST), PORT, timeout=_SECONDS)
    try:
        connection.request("GET", "/health/ready", headers={"Host": ALLOWED_HOSTS[0].lstrip(".")})
        answer = connection.getresponse()
        body = answer.read(1000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"The server does not answer: {error}\n")
        return 1
    sys.stdout.write(f"{body}\n") if answer.status == 200 else sys.stderr.write(f"{answer.status}: {body}\n")
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
