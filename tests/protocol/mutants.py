"""Does any test notice? Each mutant takes one thing out of the protocol, in a copy of the tree, and tests must fail.

`python -m tests.protocol.mutants [NAME …]` prints a table, and ends with 1 when a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.protocol.mutant import Mutant
from tests.protocol.mutations import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
# The tests that are about the protocol; the random ones and the kills need longer to find what these find at once.
TESTS = (
    "tests/protocol/interleavings",
    "tests/protocol/test_orders.py",
    "tests/protocol/test_faults.py",
    "tests/protocol/test_kill_points.py",
    "tests/protocol/test_machine.py",
    "tests/cas/protocol/test_attach.py",
    "tests/cas/protocol/test_collect.py",
    "tests/cas/protocol/test_adopt.py",
    "tests/cas/storage/test_contract.py",
    "tests/cas/test_checks.py",
    "tests/attachments/test_concurrency.py",
)
SHOWN = 3


@dataclass(frozen=True)
class Verdict:
    """The first tests that failed, none if the mutant survived."""

    mutant: Mutant
    failed: tuple[str, ...]


def try_out(mutant: Mutant, tree: Path) -> Verdict:
    """Change the copy, run its suspects, then all tests on both backends, until some fail, and change it back."""
    originals = {tree / change.path: (tree / change.path).read_text(encoding="utf-8") for change in mutant.changes}
    try:
        for change in mutant.changes:
            change.apply(tree)
        for backend, tests in (("servers", (mutant.suspects,)), ("servers", TESTS), ("embedded", TESTS)):
            failed = _failing(tree, backend, tests)
            if failed:
                return Verdict(mutant, failed)
    finally:
        for path, text in originals.items():
            path.write_text(text, encoding="utf-8")
    return Verdict(mutant, ())


def _failing(tree: Path, backend: str, tests: tuple[str, ...]) -> tuple[str, ...]:
    options = ("--quiet", f"--maxfail={SHOWN}", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=no", "-rfE")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env={**os.environ, "TEST_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(" - ")[0].split(maxsplit=1) for line in result.stdout.splitlines()]
    failed = tuple(f"{words[1]} ({backend})" for words in lines if words and words[0] in {"FAILED", "ERROR"})
    if result.returncode not in {0, 1} and not failed:
        raise RuntimeError(result.stdout[-3000:] + result.stderr[-3000:])
    return failed


def main(names: list[str]) -> int:
    """Try the named mutants, or all of them."""
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", "var*", ".*_cache", "__pycache__"))
        for mutant in [mutant for mutant in MUTANTS if not names or mutant.name in names]:
            verdict = try_out(mutant, tree)
            survivors += not verdict.failed
            sys.stdout.write(f"{mutant.name}: {'killed by' if verdict.failed else 'SURVIVES'}\n")
            sys.stdout.writelines(f"    {test}\n" for test in verdict.failed)
            sys.stdout.flush()
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
