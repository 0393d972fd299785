"""Which words of a text find it: docs/search.md, without a database."""

import pytest

from core.search.tokens import Text, matches, terms_of

pytestmark = pytest.mark.once


def is_found(text: str, query: str) -> bool:
    return matches(terms_of(query), Text((text,)))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        *(("74HC595 shift register", query) for query in ("74hc595", "74hc", "595", "hc5", "REG shift")),
        *(("47 µF", query) for query in ("μF", "µF", "47 μf")),
        *(("10 kΩ", query) for query in ("kΩ", "k\u2126")),
        *(("Widerstände, Größe 1", query) for query in ("WIDERSTÄNDE", "widersta\u0308nde", ["groesse", "größe"][1])),
        *(("package SOT-23", query) for query in ("sot23", "sot-23", "sot 23", "23")),
        *(("package SOT23", query) for query in ("sot23", "sot-23", "23")),
        *(("3,3 V or 3.30", query) for query in ("3.3", "3,3", "3.3v".removesuffix("v"))),
        *(("0603,0805", query) for query in ("0603", "0805")),
        *(("O’Brien's", query) for query in ("o'b", "obrien", "O’BRIEN")),
        *(("電阻器10k", query) for query in ("電阻", "阻器", "10k", "器")),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full"),
        ("LM317_datasheet(1).pdf", "datasheet pdf 1"),
        ("5 % ±2", "5 %"),
        ("🔌 plug", "🔌"),
    ],
)
def test_is_found(text: str, query: str) -> None:
    assert is_found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("resistor", "sistor"),
        ("resistor", "resistors"),
        ("3.3 V", "3v"),
        ("33 V", "3.3"),
        ("fast diode", "fast film"),
        ("µF", "mF"),
        ("x", "%"),
        ("x", "_ -"),
    ],
)
def test_is_not_found(text: str, query: str) -> None:
    assert not (terms_of(query) and is_found(text, query))


def test_a_digest_is_found_by_its_beginning_from_six_digits_on() -> None:
    file = Text(("photo.png",), digest="ab12cd34" * 8)
    assert matches(terms_of("AB12CD"), file)
    assert not matches(terms_of("ab12c"), file)


def test_the_work_for_long_texts_and_queries_is_bounded() -> None:
    assert len(terms_of(" ".join(f"w{n}x" for n in range(500)))) == 20
    assert len(Text(("1a" * 200_000, "ﷺ" * 10_000, "電" * 10_000)).tokens.encode()) < 300_000
    assert is_found("x" * 5000, "x" * 100)


def test_no_token_can_end_a_quote_of_a_database() -> None:
    tokens = Text(("".join(map(chr, range(1, 0x3000))).replace("\ud800", ""),), key="a'b", code='c"d\\e:f').tokens
    assert not set("'\"\\:*()&|!<>\x00\n\t") & set(tokens)
