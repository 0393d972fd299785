"""The import contracts cover the whole tree."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings

ROOT = Path(__file__).parents[1]


def contracts() -> dict[str, dict[str, object]]:
    """The contracts of import-linter, by name."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["name"]: contract for contract in configuration["tool"]["importlinter"]["contracts"]}


def own_apps() -> set[str]:
    """The installed apps that lie in this repository."""
    return {app.name for app in apps.get_app_configs() if Path(app.path).parent == Path(settings.BASE_DIR)}


class TestContracts:
    def test_name_every_app(self) -> None:
        assert set(contracts()["Apps: imports point down only"]["layers"]) == own_apps()  # type: ignore[call-overload]

    def test_name_every_module_of_every_app(self) -> None:
        inside = {contract["containers"][0]: contract for contract in contracts().values() if "containers" in contract}  # type: ignore[index]
        assert set(inside) == own_apps()
        assert all(contract["exhaustive"] for contract in inside.values())
