"""Reading addresses."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachments.fetching.errors import CannotFetchError
from attachments.fetching.urls import join, parse

pytestmark = pytest.mark.once


class TestParse:
    @pytest.mark.parametrize(
        ("url", "host", "port", "path"),
        [
            ("http://example.com", "example.com", 80, "/"),
            ("HTTPS://Example.COM/A?b=C#d", "example.com", 443, "/A?b=C"),
            (" https://example.com/a b ", "example.com", 443, "/a%20b"),
            ("https://example.com:8443/", "example.com", 8443, "/"),
            ("https://example.com/a%20b%2Fc", "example.com", 443, "/a%20b%2Fc"),
            ("https://example.com/10kΩ?q=µ", "example.com", 443, "/10k%CE%A9?q=%C2%B5"),
            ("https://bücher.example/", "xn--bcher-kva.example", 443, "/"),
            ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah", 443, "/"),
            ("https://straße.de/", "xn--strae-oqa.de", 443, "/"),
            ("https://βόλος.example/", "xn--nxasmm1c.example", 443, "/"),
            ("https://☃.example/", "xn--n3h.example", 443, "/"),
            ("https://ⓔxample.com/", "example.com", 443, "/"),
            ("https://example.com./", "example.com.", 443, "/"),
            ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
            ("http://[2606:4700::1111]/", "2606:4700::1111", 80, "/"),
            ("https://3.example.com/", "3.example.com", 443, "/"),
            ("https://1und1.example/?a=1|2&b[]=3", "1und1.example", 443, "/?a=1|2&b[]=3"),
        ],
    )
    def test_reads(self, url: str, host: str, port: int, path: str) -> None:
        target = parse(url)
        assert (target.host, target.port, target.path) == (host, port, path)

    @pytest.mark.parametrize(
        "url",
        [
            *("", "example.com", "//example.com/", "file:///etc/passwd", "gopher://example.com/_GET"),
            *("ftp://example.com/", "javascript:alert(1)", "data:text/html,x", "http:///path", "http://"),
            *("https://user@example.com/", "https://user:secret@example.com/", "https://@example.com/"),
            *("https://example.com\\@127.0.0.1/", "https://127.0.0.1\\.example.com/", "https://example.com:port/"),
            *("https://example.com:99999/", "https://exa mple.com/", "https://example..com/", "https://-example.com/"),
            *(
                "https://" + "a" * 64 + ".com/",
                "https://" + "a." * 130 + "com/",
                "https://a\u200db.example/",
                "https://1א.example/",
            ),
            *("https://[::1/", "https://[fe80::1%25eth0]/", "https://[1.2.3.4]/"),
            *("https://[v1.x]/", "https://ex℀mple.com/"),
        ],
    )
    def test_refuses(self, url: str) -> None:
        with pytest.raises(CannotFetchError):
            parse(url)

    @pytest.mark.parametrize(
        "host",
        [
            *("2130706433", "134744072", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1"),
            *("127.0.0.1.", "127.0.0.01", "10.0.0.0x5", "1.2.3.4.5", "256.0.0.1", "0", "example.0x7f"),
            *("１２７.０.０.１。５", "１２７.１"),
        ],
    )
    def test_refuses_numbers_that_are_no_plain_address(self, host: str) -> None:
        with pytest.raises(CannotFetchError):
            parse(f"http://{host}/")

    def test_takes_wide_digits_for_what_they_are(self) -> None:
        assert str(parse("http://１２７.０.０.１/").ip) == "127.0.0.1"


class TestJoin:
    @pytest.mark.parametrize(
        ("reference", "address"),
        [
            ("b.png", "https://example.com/a/b.png"),
            ("/b.png", "https://example.com/b.png"),
            ("//cdn.example/b.png", "https://cdn.example/b.png"),
            ("?q", "https://example.com/a/page?q"),
            (" \n https://other.example/ ", "https://other.example/"),
        ],
    )
    def test_resolves(self, reference: str, address: str) -> None:
        assert join("https://example.com/a/page", reference) == address

    def test_refuses_nonsense(self) -> None:
        with pytest.raises(CannotFetchError):
            join("https://example.com/", "http://[nonsense/")


class TestAnything:
    @given(st.text(), st.text())
    def test_is_read_or_refused(self, host: str, path: str) -> None:
        with contextlib.suppress(CannotFetchError):
            target = parse(f"http://{host}/{path}")
            assert (target.host + target.path).isascii()
            assert not set(target.host) & set("@/\\ \r\n?#")
            assert not set(target.path) & set(" \r\n\0")
            # What was checked is what is asked for.
            assert parse(target.url) == target
