"""Measure everything, or the named parts: `python -m bench [part …]`.

Prints a table and the same as JSON. Exit code 1 when a limit is missed.
"""

import argparse
import os
import secrets
import sys
from importlib import import_module

import django

from bench.results import as_json, table

# Each a module with `measure()`.
PARTS = ("serving", "buckets", "uploads", "writes", "lists", "scale", "search", "stock", "migration")


def main() -> int:
    """Measure, print, and say whether every limit was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; without any, all of them")
    parts = parser.parse_args().parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    # One key for the measured server and for the addresses that are signed here.
    os.environ.setdefault("DJANGO_SECRET_KEY", secrets.token_urlsafe(64))
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    figures = [figure for part in parts for figure in import_module(f"bench.{part}").measure()]
    sys.stdout.write(f"{table(figures)}\n{as_json(figures)}\n")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
