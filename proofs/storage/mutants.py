"""Does any test notice? Each mutant takes one thing out of the protocol, in a copy of the tree, and tests must fail.

`python -m proofs.storage.mutants [NAME …]` prints a table, and ends with 1 when a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proofs.storage.mutant import Mutant
from proofs.storage.mutations import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
# The tests that are about the protocol; the kills need longer to find what these find at once.
TESTS = (
    *("tests/protocol/interleavings", "tests/protocol/test_orders.py", "tests/protocol/test_faults.py"),
    *("tests/protocol/test_kill_points.py", "tests/protocol/test_machine.py", "tests/cas/protocol"),
    *("tests/cas/storage/test_contract.py", "tests/cas/storage/test_filesystem.py"),
    *("tests/cas/test_checks.py", "tests/attachments/test_concurrency.py"),
)


def try_out(mutant: Mutant, tree: Path) -> str:
    """Change the copy, run its suspects, then all tests, on both backends, until one fails, and change it back.

    Returns the test that failed; blank if the mutant survived.
    """
    originals = {tree / change.path: (tree / change.path).read_text(encoding="utf-8") for change in mutant.changes}
    try:
        for change in mutant.changes:
            change.apply(tree)
        for tests in ((mutant.suspects,), TESTS):
            for backend in ("servers", "embedded"):
                if failed := _failing(tree, backend, tests):
                    return failed
    finally:
        for path, text in originals.items():
            path.write_text(text, encoding="utf-8")
    return ""


def _failing(tree: Path, backend: str, tests: tuple[str, ...]) -> str:
    options = ("--quiet", "--exitfirst", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=no", "-rfE")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env={**os.environ, "TEST_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in result.stdout.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return f"{line.split(' - ')[0].split(maxsplit=1)[1]} ({backend})"
    # On one of the backends all tests of a file may be left out.
    if result.returncode not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(result.stdout[-3000:] + result.stderr[-3000:])
    return ""


def main(names: list[str]) -> int:
    """Try the named mutants, or all of them."""
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", "var*", ".*_cache", "__pycache__"))
        for mutant in [mutant for mutant in MUTANTS if not names or mutant.name in names]:
            failed = try_out(mutant, tree)
            survivors += not failed
            sys.stdout.write(f"{mutant.name}: {f'killed by {failed}' if failed else 'SURVIVES'}\n")
            sys.stdout.flush()
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
