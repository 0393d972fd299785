"""What a measurement says, and the table of all of them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """A value beside its reference. `limit` is what `value / reference` may be at most, or `at_least` at least."""

    name: str
    value: float
    unit: str
    reference: float
    reference_name: str
    limit: float
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """How many times the reference."""
        return self.value / self.reference

    @property
    def holds(self) -> bool:
        """Whether the ratio keeps its limit."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit


def table(figures: Iterable[Figure]) -> str:
    """The figures as text, one a line."""
    lines = [f"{'':38} {'value':>12} {'reference':>12} {'ratio':>8} {'limit':>8}"]
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        lines.append(
            f"{figure.name:38} {_amount(figure.value, figure.unit):>12} {_amount(figure.reference, figure.unit):>12}"
            f" {figure.ratio:8.2f} {sign}{figure.limit:7.2f} {'' if figure.holds else ' MISSED'}"
            f"  of {figure.reference_name}"
        )
    return "\n".join(lines)


def as_json(figures: Iterable[Figure]) -> str:
    """The figures as a JSON array."""
    return json.dumps([asdict(figure) | {"ratio": figure.ratio, "holds": figure.holds} for figure in figures])


def _amount(value: float, unit: str) -> str:
    return f"{value:,.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
