"""A process that runs one of the commands again and again until it is killed: `python -m tests.protocol.worker gc`.

Every round prints its summary, one JSON object a line.
"""

import os
import sys
import time
from datetime import timedelta

import django
from django.core.management import CommandError, call_command

COMMANDS = {
    "gc": ("cas_gc", "--grace=0s", "--force", "--json"),
    "check": ("cas_check", "--deep", "--adopt", "--json"),
}


def main(name: str) -> None:
    """Run the command for ever. Its exit code does not matter, its summary has everything."""
    # The server comes first: without uploads there is nothing to collect.
    os.nice(5)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")
    django.setup()
    from cas.audit import compare

    # Adoption meets uploads that are under way.
    compare.YOUNG = timedelta(0)
    while True:
        try:
            call_command(*COMMANDS[name])
        except (SystemExit, CommandError):
            continue
        finally:
            sys.stdout.flush()
            # Others want to work, too.
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
