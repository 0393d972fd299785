#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Run one command; a wrong setting ends it with its sentence instead of a stack trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")
    # For the processes of the server, which share it. A command would leave files in it that are counted for ever.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The configuration is wrong: {error}")


if __name__ == "__main__":
    main()
