"""The lock files install the same packages for ever, whatever is published later."""

from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]


def locked(file: str) -> dict[str, Requirement]:
    """The packages that the lock file installs on this machine, by name."""
    lines = [line.removesuffix("\\").strip() for line in (ROOT / file).read_text().splitlines()]
    requirements = [Requirement(line) for line in lines if line and not line.startswith(("#", "--hash"))]
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def requested_by(package: Requirement) -> list[Requirement]:
    """What the package, with the extras that are locked, needs on this machine."""
    requests = [Requirement(text) for text in distribution(package.name).requires or ()]
    environments = [{"extra": extra} for extra in ("", *package.extras)]
    return [
        request
        for request in requests
        if request.marker is None or any(request.marker.evaluate(environment) for environment in environments)
    ]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
class TestLockFile:
    def test_lists_exactly_what_its_packages_need(self, file: str) -> None:
        lock = locked(file)
        missing = [
            f"{package} needs {request}"
            for package in lock.values()
            for request in requested_by(package)
            if not (found := lock.get(canonicalize_name(request.name)))
            or not request.extras <= found.extras
            or not request.specifier.contains(distribution(request.name).version, prereleases=True)
        ]
        assert missing == []

    def test_pins_the_versions_that_are_installed(self, file: str) -> None:
        wrong = [
            str(package)
            for package in locked(file).values()
            if str(package.specifier) != f"=={distribution(package.name).version}"
        ]
        assert wrong == []

    def test_has_a_hash_for_each_package_and_no_index_address(self, file: str) -> None:
        text = (ROOT / file).read_text()
        assert "://" not in text
        assert text.count(" \\\n    --hash=") >= len(locked(file))
