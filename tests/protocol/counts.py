"""What the longer proofs did, told at the end of the run."""

FIGURES: list[str] = []


def tell(line: str) -> None:
    """Show the line in the summary of a torture."""
    FIGURES.append(line)
