"""The mutants of `make torture` are still ones of this code. Whether tests notice them takes an hour to see."""

import shutil
from pathlib import Path

import pytest

from proofs.storage.mutant import Mutant
from proofs.storage.mutations import MUTANTS
from tests.plugins.server import ROOT


@pytest.mark.once
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_finds_what_it_changes(mutant: Mutant, tmp_path: Path) -> None:
    for change in mutant.changes:
        copy = tmp_path / change.path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / change.path, copy)
        before = copy.read_text(encoding="utf-8")
        change.apply(tmp_path)
        assert copy.read_text(encoding="utf-8") != before
