"""File names of strangers, and the header that they go into."""

import unicodedata

import pytest
from django.utils.http import parse_header_parameters
from hypothesis import given
from hypothesis import strategies as st

from core.filenames import clean_filename, content_disposition

pytestmark = pytest.mark.once


def name_in(header: str) -> str:
    """The file name as a client reads it: the encoded one counts, where there is one."""
    return parse_header_parameters(header)[1]["filename"]


class TestCleanFilename:
    @pytest.mark.parametrize(
        ("name", "cleaned"),
        [
            ("datasheet.pdf", "datasheet.pdf"),
            ("データシート.pdf", "データシート.pdf"),
            ("Größe 10 µF (neu).jpg", "Größe 10 µF (neu).jpg"),
            ("👩‍🔬.png", "👩‍🔬.png"),
            ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
            ("\U0001f3f4\U000e0067\U000e0062\U000e007f.png", "\U0001f3f4\U000e0067\U000e0062\U000e007f.png"),
            # Unicode of years to come, and a company's own.
            ("\U0001faf8\U000323af.png", "\U0001faf8\U000323af.png"),
            ("\uf8ff phone.pdf", "\uf8ff phone.pdf"),
            ("Gro\u0308ße.pdf", "Größe.pdf"),
            ("データ\u3000シート.pdf", "データ\u3000シート.pdf"),
            ("&section=2 &lt;b&gt;.pdf", "&section=2 &lt;b&gt;.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\windows\\system32\\x.dll", "x.dll"),
            ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
            ("a/b\\c.pdf", "c.pdf"),
            ("line\r\nbreak\x00.pdf", "linebreak.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("\u2066hidden\u2069.pdf", "hidden.pdf"),
            ("photo.jpg\u3000\u00a0\u3000.exe", "photo.jpg .exe"),
            ("o\u202e\u0308.pdf", "ö.pdf"),
            ("half\ud83d.pdf", "half.pdf"),
            ("  many   spaces .pdf ", "many spaces .pdf"),
            ("\tx\u2028y.pdf", "xy.pdf"),
            (".htaccess", "htaccess"),
            ("name...", "name"),
            ('a "quoted" name.pdf', 'a "quoted" name.pdf'),
        ],
    )
    def test_keeps_what_is_a_name(self, name: str, cleaned: str) -> None:
        assert clean_filename(name) == cleaned

    @pytest.mark.parametrize("name", ["", "/", "..", ".", " . ", "\x00", "\u202e", "folder/", "\u200b\u3000"])
    def test_nothing_is_left(self, name: str) -> None:
        assert clean_filename(name) == "file"
        assert clean_filename(name, "thumbnail.jpg") == "thumbnail.jpg"

    def test_a_long_name_keeps_its_extension(self) -> None:
        cleaned = clean_filename("x" * 300 + ".pdf")
        assert len(cleaned) == 255
        assert cleaned.endswith("x.pdf")

    def test_what_is_too_long_for_an_extension_is_none(self) -> None:
        assert clean_filename("a." + "b" * 300) == "a." + "b" * 253

    @given(st.text(max_size=600))
    def test_is_always_safe(self, name: str) -> None:
        cleaned = clean_filename(name)
        assert 1 <= len(cleaned) <= 255
        assert not set(cleaned) & set("/\\")
        assert not cleaned.startswith(".")
        assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.is_normalized("NFC", cleaned)
        assert clean_filename(cleaned) == cleaned


class TestContentDisposition:
    def test_of_a_plain_name(self) -> None:
        assert content_disposition("inline", "a.pdf") == 'inline; filename="a.pdf"'

    def test_of_a_name_beyond_ascii_is_encoded(self) -> None:
        header = content_disposition("attachment", "データ.pdf")
        assert header == "attachment; filename*=utf-8''%E3%83%87%E3%83%BC%E3%82%BF.pdf"
        assert name_in(header) == "データ.pdf"

    @pytest.mark.parametrize(
        "name",
        [
            'x"; filename="evil.exe',
            "=?utf-8?q?x?=.pdf",
            "x\r\nSet-Cookie: a=b",
            "x;y=z.pdf",
            "100%25.pdf",
            "back\\slash.pdf",
            "*''x",
        ],
    )
    def test_nothing_can_be_injected(self, name: str) -> None:
        header = content_disposition("inline", name)
        assert name_in(header) == clean_filename(name)
        assert "\r" not in header
        assert "\n" not in header

    @given(st.text(max_size=300))
    def test_a_client_reads_the_name_that_was_cleaned(self, name: str) -> None:
        header = content_disposition("attachment", name)
        assert header.isascii()
        assert header.isprintable()
        assert name_in(header) == clean_filename(name)
