"""A piece of code with one thing done otherwise."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """Other text in a file, in the one place where the old text is."""

    path: str
    old: str
    new: str

    def apply(self, tree: Path) -> None:
        """Raises ValueError when the code has changed, and with it what there is to change."""
        path = tree / self.path
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} has {text.count(self.old)} times: {self.old}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Mutant:
    """One thing done otherwise, and where that should be noticed first."""

    name: str
    suspects: str
    changes: tuple[Change, ...]


def mutant(name: str, suspects: str, *changes: tuple[str, str, str]) -> Mutant:
    """A mutant from triples of path, old text and new text."""
    return Mutant(name, suspects, tuple(Change(*change) for change in changes))
