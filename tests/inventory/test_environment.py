"""Typed values from environment variables."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from inventory import environment as env
from tests.plugins.database import PATIENCE_SECONDS

pytestmark = pytest.mark.once

NAME = "A_VARIABLE_OF_TESTS"


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the variable."""
    return lambda value: monkeypatch.setenv(NAME, value)


class TestText:
    def test_is_the_default_when_unset_or_blank(self, variable: Callable[[str], None]) -> None:
        assert env.text(NAME, "default") == "default"
        variable("  \t")
        assert env.text(NAME, "default") == "default"
        assert env.text(NAME) == ""

    def test_has_no_white_space_around(self, variable: Callable[[str], None]) -> None:
        variable(" a value \n")
        assert env.text(NAME) == "a value"


class TestBoolean:
    @pytest.mark.parametrize(
        ("value", "meaning"),
        [
            *[(word, True) for word in ("1", "true", "True", "TRUE", "yes", "on", " on ")],
            *[(word, False) for word in ("0", "false", "False", "no", "off", "OFF")],
        ],
    )
    def test_knows_the_usual_words(self, variable: Callable[[str], None], value: str, meaning: bool) -> None:
        variable(value)
        assert env.boolean(NAME, default=not meaning) is meaning

    @pytest.mark.parametrize("default", [True, False])
    def test_is_the_default_when_blank(self, variable: Callable[[str], None], default: bool) -> None:
        assert env.boolean(NAME, default=default) is default
        variable("")
        assert env.boolean(NAME, default=default) is default


class TestPositiveInteger:
    def test_is_a_number(self, variable: Callable[[str], None]) -> None:
        assert env.positive_integer(NAME, 7) == 7
        variable(" 10000000 ")
        assert env.positive_integer(NAME, 7) == 10_000_000


class TestAddress:
    @pytest.mark.parametrize("value", ["http://localhost:9000", "https://s3.example.com/"])
    def test_has_a_scheme(self, variable: Callable[[str], None], value: str) -> None:
        variable(value)
        assert env.url(NAME) == value

    def test_is_none_when_unset(self) -> None:
        assert env.url(NAME) is None


class TestLocation:
    def test_has_a_slash_at_both_ends(self, variable: Callable[[str], None]) -> None:
        variable("/internal/cas/")
        assert env.location(NAME) == "/internal/cas/"

    def test_is_blank_when_unset(self) -> None:
        assert env.location(NAME) == ""


class TestFolder:
    def test_is_made(self, variable: Callable[[str], None], tmp_path: Path) -> None:
        assert env.folder(NAME, tmp_path / "default") == tmp_path / "default"
        variable(str(tmp_path / "a" / "b"))
        assert env.folder(NAME, tmp_path).is_dir()

    def test_that_cannot_be_made_is_refused_with_a_sentence(
        self, variable: Callable[[str], None], tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        for path in (tmp_path / "file", tmp_path / "file" / "below"):
            variable(str(path))
            with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be a folder"):
                env.folder(NAME, tmp_path)


class TestWords:
    @pytest.mark.parametrize(
        ("value", "words"),
        [("", ["default"]), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , b ,", ["a", "b"]), (",,", [])],
    )
    def test_are_separated_by_commas(self, variable: Callable[[str], None], value: str, words: list[str]) -> None:
        variable(value)
        assert env.words(NAME, ["default"]) == words

    def test_are_none_without_a_default(self) -> None:
        assert env.words(NAME) == []


class TestHostsOrNetworks:
    def test_are_names_addresses_and_networks(self, variable: Callable[[str], None]) -> None:
        assert env.hosts_or_networks(NAME) == []
        variable("Wiki.LAN., 192.168.1.0/24, 10.0.0.5, fd00::/8, ::1, my-nas, xn--bcher-kva.example")
        entries = ["wiki.lan", "192.168.1.0/24", "10.0.0.5", "fd00::/8", "::1", "my-nas", "xn--bcher-kva.example"]
        assert env.hosts_or_networks(NAME) == entries


class TestSecretKey:
    def test_is_the_variable(self, variable: Callable[[str], None], tmp_path: Path) -> None:
        variable("a secret")
        assert env.secret_key(NAME, tmp_path / "key") == "a secret"
        assert list(tmp_path.iterdir()) == []

    def test_is_made_once_and_stays(self, tmp_path: Path) -> None:
        key = env.secret_key(NAME, tmp_path / "new" / "key")
        assert len(key) >= 64
        assert env.secret_key(NAME, tmp_path / "new" / "key") == key
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["key"]

    def test_differs_between_installations(self, tmp_path: Path) -> None:
        assert env.secret_key(NAME, tmp_path / "one") != env.secret_key(NAME, tmp_path / "two")

    def test_is_the_same_for_all_who_start_at_the_same_moment(self, tmp_path: Path) -> None:
        start = threading.Barrier(8, timeout=PATIENCE_SECONDS)

        def make(_: int) -> str:
            start.wait()
            return env.secret_key(NAME, tmp_path / "key")

        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(make, range(8)))
        assert len(keys) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["key"]


class TestNetworks:
    def test_are_addresses_and_networks(self, variable: Callable[[str], None]) -> None:
        variable("10.0.0.0/8, ::1")
        assert [str(network) for network in env.networks(NAME, [])] == ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("read", "sentence", "values"),
    [
        (
            lambda: env.boolean(NAME, default=False),
            "be true or false, not {!r}.",
            ["maybe", "2", "tru", "y", "-", "none"],
        ),
        (
            lambda: env.positive_integer(NAME, 7),
            "be a whole number above zero, not {!r}.",
            ["0", "-1", "1.5", "1e6", "10 MB", "1_000", "٣", "²", "+1", "0x10"],
        ),
        (
            lambda: env.url(NAME),
            "begin with http:// or https://",
            ["localhost:9000", "s3.example.com", "ftp://x", "//x"],
        ),
        (
            lambda: env.location(NAME),
            "look like /internal/cas/",
            ["internal/cas/", "/internal/cas", "/", "//", "/in ternal/", "/a\r\nX: y/", "http://x/"],
        ),
        (
            lambda: env.hosts_or_networks(NAME),
            "unlike {!r}",
            [
                "http://wiki.lan",
                "wiki.lan:8080",
                "wiki.lan/page",
                "*.lan",
                "10.0.0.5/8",
                "10.0.0",
                "1.2.3.4.5",
                "[::1]",
                "-",
            ],
        ),
        (lambda: env.networks(NAME, []), "hold addresses or networks", ["proxy", "10.0.0.1/8", "1.2.3"]),
    ],
    ids=["boolean", "positive integer", "address", "location", "hosts or networks", "networks"],
)
def test_anything_else_is_refused_with_a_sentence(
    variable: Callable[[str], None], read: Callable[[], object], sentence: str, values: list[str]
) -> None:
    for value in values:
        variable(value)
        with pytest.raises(ImproperlyConfigured, match=f"{NAME} must .*{re.escape(sentence.format(value))}"):
            read()
