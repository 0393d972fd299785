"""Titles in thirty charsets, however the page tells which it is."""

import codecs

import pytest

from attachments.fetching.charsets import decode
from attachments.fetching.deadline import Deadline
from attachments.fetching.pages import read_page

pytestmark = pytest.mark.once

# The label as pages write it, the codec that wrote the page, and a title in it.
CHARSETS = [
    ("utf-8", "utf-8", "Widerstand 10 kΩ ±1 % – 電阻"),
    ("windows-1250", "cp1250", "Půjčovna součástek – „čtečka“"),
    ("windows-1251", "cp1251", "Резистор 10 кОм «чип»"),
    ("windows-1252", "cp1252", "Résistance 10 k – “précision” 5 €"),
    ("windows-1253", "cp1253", "Αντίσταση 10 kΩ"),
    ("windows-1254", "cp1254", "Direnç ışık ğüşöç"),
    ("windows-1255", "cp1255", "נגד 10 קילואוהם"),
    ("windows-1256", "cp1256", "مقاومة كهربائية"),
    ("windows-1257", "cp1257", "Rezistorius čęėįšųūž"),
    ("windows-1258", "cp1258", "Đien trơ"),
    ("iso-8859-1", "cp1252", "Widerstände – 5 €"),
    ("iso-8859-2", "iso8859-2", "Rezystor żółty łącznik"),
    ("iso-8859-3", "iso8859-3", "Ĉiuj rezistiloj ĝis ŭato"),
    ("iso-8859-4", "iso8859-4", "Takistid ķēde ģenerators"),
    ("iso-8859-5", "iso8859-5", "Конденсатор"),
    ("iso-8859-6", "iso8859-6", "مكثف"),
    ("iso-8859-7", "iso8859-7", "Πυκνωτής"),
    ("iso-8859-8", "iso8859-8", "קבל"),
    ("iso-8859-9", "cp1254", "Kondansatör ışığı"),
    ("iso-8859-10", "iso8859-10", "Þéttir ðæ"),
    ("iso-8859-13", "iso8859-13", "Kondensatorius ąčę"),
    ("iso-8859-15", "iso8859-15", "Composants à 5 € œuvre"),
    ("iso-8859-16", "iso8859-16", "Rezistență șurub"),
    ("koi8-r", "koi8-r", "Транзистор биполярный"),
    ("koi8-u", "koi8-u", "Транзистор їжак ґ"),
    ("ibm866", "cp866", "Диод выпрямительный"),
    ("macintosh", "mac-roman", "Résistance – “précision”"),
    ("tis-620", "cp874", "ตัวต้านทาน"),
    ("shift_jis", "cp932", "抵抗器 ①高精度"),
    ("x-sjis", "cp932", "抵抗器 髙"),
    ("euc-jp", "euc-jp", "コンデンサ 電解"),
    ("iso-2022-jp", "iso-2022-jp", "半導体 データシート"),
    ("gb2312", "gb18030", "贴片电阻 朱镕基"),
    ("gbk", "gb18030", "贴片電阻 10kΩ"),
    ("gb18030", "gb18030", "電阻 😀"),
    ("big5", "big5", "電阻器 貼片"),
    ("euc-kr", "cp949", "저항기 똠방각하"),
]


def page(title: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}<title>{title}</title></head><body><p>…</p></body></html>".replace(
        "…", ""
    )


def title_of(data: bytes, http_charset: str = "") -> str:
    return read_page(data, http_charset, asked="", url="http://shop.test/", deadline=Deadline(60)).title


class TestCharset:
    @pytest.mark.parametrize(("label", "codec", "title"), CHARSETS)
    def test_from_the_header(self, label: str, codec: str, title: str) -> None:
        assert title_of(page(title).encode(codec), label) == title
        assert title_of(page(title).encode(codec), f'"{label.upper()}"') == title

    @pytest.mark.parametrize(("label", "codec", "title"), CHARSETS)
    def test_from_the_page(self, label: str, codec: str, title: str) -> None:
        short = page(title, f'<meta charset="{label}">')
        long = page(title, f"<META http-equiv=Content-Type content='text/html; charset={label.upper()}'>")
        assert [title_of(text.encode(codec)) for text in (short, long)] == [title, title]

    @pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
    def test_from_the_byte_order_mark_whatever_is_declared(self, codec: str) -> None:
        title = "Widerstand 10 kΩ"
        assert title_of(page(title, "<meta charset=koi8-r>").encode(codec), "iso-8859-1") == title

    @pytest.mark.parametrize("label", ["utf-16le", "utf-16be"])
    def test_of_two_bytes_from_the_header(self, label: str) -> None:
        assert title_of(page("Widerstand 10 kΩ").encode(label), label) == "Widerstand 10 kΩ"
        mark = codecs.BOM_UTF16_LE if label == "utf-16le" else codecs.BOM_UTF16_BE
        assert title_of(mark + page("Widerstand 10 kΩ").encode(label)) == "Widerstand 10 kΩ"

    def test_of_the_header_goes_before_that_of_the_page(self) -> None:
        assert title_of(page("Диод", "<meta charset=koi8-r>").encode("cp1251"), "windows-1251") == "Диод"

    def test_without_declaration_is_utf_8_if_it_can_be(self) -> None:
        assert title_of(page("Widerstände 10 kΩ").encode()) == "Widerstände 10 kΩ"

    def test_without_declaration_is_windows_1252_else(self) -> None:
        assert title_of(page("Widerstände und Zubehör").encode("cp1252")) == "Widerstände und Zubehör"

    @pytest.mark.parametrize(
        "label", ["nonsense", "zip", "hex", "rot13", "utf-7", "idna", "unicode_escape", "undefined", "x\0y", "é", ""]
    )
    def test_that_is_none_is_passed_over(self, label: str) -> None:
        assert title_of(page("Widerstände").encode(), label) == "Widerstände"
        assert title_of(page("Widerstände", f'<meta charset="{label}">').encode()) == "Widerstände"

    def test_in_utf_16_by_the_page_itself_is_a_mistake(self) -> None:
        assert title_of(page("Widerstände", "<meta charset=utf-16>").encode()) == "Widerstände"

    def test_with_a_few_wrong_bytes_is_still_the_declared_one(self) -> None:
        data = page("Конденсатор", "<meta charset=utf-8>").encode() + b"\xff\xfe broken"
        assert title_of(data) == "Конденсатор"

    def test_cut_off_in_the_middle_of_a_character_is_fine(self) -> None:
        assert decode(b"<p>" + "Ω".encode()[:1], "utf-8") == "<p>"
