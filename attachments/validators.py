"""Migrations that have landed import the validators from here."""

from core.validators import several_lines, single_line

__all__ = ["several_lines", "single_line"]
