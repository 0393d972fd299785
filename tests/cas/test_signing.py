"""Signed addresses: they never change, and nobody else can make one."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cas.serving.query import ContentQuery
from cas.signing import content_url, is_signed, sign, thumbnail_url

DIGEST, OTHER = "a" * 64, "b" * 64
PDF = "application/pdf"


def asked(address: str) -> ContentQuery:
    """What the server reads in the query of the address."""
    return ContentQuery.parse(QueryDict(address.partition("?")[2]))


class TestAddress:
    def test_of_a_content(self) -> None:
        address = content_url(DIGEST, PDF, "data sheet.pdf")
        path, _, query = address.partition("?")
        assert path == f"/api/cas/{DIGEST}"
        assert query.startswith("content_type=application%2Fpdf&filename=data+sheet.pdf&sig=")

    def test_of_a_thumbnail_allows_another_size_to_be_appended(self) -> None:
        address = thumbnail_url(DIGEST, 150)
        assert address.startswith(f"/api/cas/{DIGEST}?thumbnail=150&sig=")
        appended = asked(f"{address}&thumbnail=300")
        assert appended.thumbnail == 300
        assert is_signed(appended.signature, DIGEST, None, None)

    def test_never_changes(self, settings: Settings) -> None:
        # Addresses are kept by caches and in notes: another result here breaks all that were ever given out. (These are
        # what `openssl dgst -sha256 -mac HMAC` says of the JSON.)
        settings.CAS_URL_KEYS = ["a key for tests"]
        assert sign(DIGEST, PDF, "data sheet.pdf") == "ncKE9Me0U1N0WF8gvy0ltg"
        assert sign(DIGEST, None, None) == "FiikXE12WzYWItgHvN5FqQ"

    @given(st.text(max_size=40), st.text(max_size=300))
    def test_survives_the_way_through_a_browser(self, content_type: str, filename: str) -> None:
        address = content_url(DIGEST, content_type or PDF, filename)
        back = asked(address)
        assert (back.content_type, back.filename) == (content_type or PDF, filename)
        assert is_signed(back.signature, DIGEST, back.content_type, back.filename)


class TestSignature:
    def test_is_short_and_fits_in_a_query_as_it_is(self) -> None:
        signature = sign(DIGEST, PDF, "x.pdf")
        assert len(signature) == 22
        assert set(signature) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    @pytest.mark.parametrize(
        "message",
        [
            (OTHER, PDF, "x.pdf"),
            (DIGEST, "text/html", "x.pdf"),
            (DIGEST, PDF, "y.pdf"),
            (DIGEST, PDF, ""),
            (DIGEST, PDF, None),
            (DIGEST, None, "x.pdf"),
            (DIGEST, None, None),
            (DIGEST, f'{PDF}", "x.pdf', ""),
            (DIGEST, f"{PDF}x.pdf", ""),
        ],
    )
    def test_of_one_thing_does_not_fit_another(self, message: tuple[str, str | None, str | None]) -> None:
        assert not is_signed(sign(DIGEST, PDF, "x.pdf"), *message)

    def test_nothing_is_not_the_same_as_an_empty_text(self) -> None:
        assert not is_signed(sign(DIGEST, None, None), DIGEST, "", "")
        assert not is_signed(sign(DIGEST, "null", "null"), DIGEST, None, None)

    @pytest.mark.parametrize("signature", ["", "x", "é" * 22, "\ud800", "A" * 22, "A" * 100_000])
    def test_nonsense_is_no_signature(self, signature: str) -> None:
        assert not is_signed(signature, DIGEST, PDF, "x.pdf")

    def test_every_character_counts(self) -> None:
        signature = sign(DIGEST, PDF, "x.pdf")
        for at in range(len(signature)):
            changed = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1 :]
            assert not is_signed(changed, DIGEST, PDF, "x.pdf")
        assert not is_signed(signature + "A", DIGEST, PDF, "x.pdf")
        assert not is_signed(signature[:-1], DIGEST, PDF, "x.pdf")


class TestKeys:
    """The first signs, all are accepted."""

    def test_an_own_key_is_replaced_in_two_steps(self, settings: Settings) -> None:
        settings.CAS_URL_KEYS = ["old"]
        signature = sign(DIGEST, PDF, "x.pdf")
        settings.CAS_URL_KEYS = ["new", "old"]
        assert is_signed(signature, DIGEST, PDF, "x.pdf")
        assert sign(DIGEST, PDF, "x.pdf") != signature
        settings.CAS_URL_KEYS = ["new"]
        assert not is_signed(signature, DIGEST, PDF, "x.pdf")

    def test_so_is_the_secret_key(self, settings: Settings) -> None:
        signature = sign(DIGEST, PDF, "x.pdf")
        old = settings.SECRET_KEY
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [old]
        assert is_signed(signature, DIGEST, PDF, "x.pdf")
        assert sign(DIGEST, PDF, "x.pdf") != signature
        settings.SECRET_KEY_FALLBACKS = []
        assert not is_signed(signature, DIGEST, PDF, "x.pdf")

    def test_own_keys_make_the_secret_key_useless(self, settings: Settings) -> None:
        signature = sign(DIGEST, PDF, "x.pdf")
        settings.CAS_URL_KEYS = [settings.SECRET_KEY]
        by_the_bare_secret = sign(DIGEST, PDF, "x.pdf")
        settings.CAS_URL_KEYS = ["own"]
        assert not is_signed(signature, DIGEST, PDF, "x.pdf")
        assert not is_signed(by_the_bare_secret, DIGEST, PDF, "x.pdf")


def test_a_signature_stays_the_same_from_version_to_version(settings: Settings) -> None:
    settings.CAS_URL_KEYS, settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = [], "a secret", []
    assert sign("0" * 64, "image/png", "a.png") == "7LXVbz8Dyl9YaehOUIrFkg"
