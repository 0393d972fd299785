"""What text may contain."""

import pytest
from django.core.exceptions import ValidationError

from core.validators import several_lines, single_line

BREAKS = ["two\nlines", "two\rlines", "a\ttab"]
FORBIDDEN = ["nul\x00", "escape\x1b[31m", "delete\x7f", "next line\x85", "lone \ud800 surrogate"]
FINE = ["", "1N4148", "µF ±5 % 0…10 Ω", "部品", "👷‍♀️", "non\u00a0breaking"]


@pytest.mark.parametrize("text", FINE)
def test_single_line_lets_text_pass(text: str) -> None:
    single_line(text)


@pytest.mark.parametrize("text", [*BREAKS, *FORBIDDEN])
def test_single_line_refuses_control_characters(text: str) -> None:
    with pytest.raises(ValidationError, match="Control characters are not allowed"):
        single_line(text)


@pytest.mark.parametrize("text", [*FINE, *BREAKS, "windows\r\nline"])
def test_several_lines_lets_text_with_breaks_pass(text: str) -> None:
    several_lines(text)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_several_lines_refuses_other_control_characters(text: str) -> None:
    with pytest.raises(ValidationError, match="Control characters are not allowed"):
        several_lines(text)
