"""What text is found by, and what is looked for: the rules are those of docs/search.md, on every database.

Case, width and composition of characters make no difference. A word is found from its beginning, from each place where
letters and digits meet, and from each hyphen or comma in it. Hyphens and apostrophes do not count; a decimal comma is a
point. Chinese and Japanese characters and pictograms are words of their own.

No token holds a space, a quote, a colon or a backslash: the databases need not be protected from them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# Of a longer word only the beginning counts.
_LONGEST = 64
# Of a longer text only the beginning is found: PostgreSQL takes a megabyte, and nobody has that much to say of a part.
_MOST_BYTES = 200_000
# Of a longer question only the beginning counts.
_MOST_TERMS = 20

# A token that begins with one of these is no word.
_KEY, _CODE, _DIGEST = "=k", "=c", "#"

_ALONE = (
    "\u2190-\u2bff\U0001f000-\U0001faff"  # arrows, signs, pictograms
    "\u3040-\u30ff\u31f0-\u31ff\u3100-\u312f\u31a0-\u31bf"  # kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_HYPHENS = "-\u2010-\u2015\u2212\u00ad"
_APOSTROPHES = re.compile("['’‘`´ʼ′]")
_SIGN = rf"[^\W_{_ALONE}]"
# A number goes on after its point or comma.
_NUMBER = r"(?<=\d)[.,](?=\d)"
_WORD_OF_TEXT = re.compile(rf"[{_ALONE}]|{_SIGN}(?:{_SIGN}|{_NUMBER}|[{_HYPHENS}](?={_SIGN}))*")
_WORD_OF_QUERY = re.compile(rf"[{_ALONE}]|{_SIGN}(?:{_SIGN}|{_NUMBER})*")
_PIECE = re.compile(rf"\d+(?:\.\d+)*|[^\W\d_{_ALONE}]+|,|[{_ALONE}]")
_DIGEST_BEGINNING = re.compile("[0-9a-f]{6,64}")

# A term matches what has a token that begins with one of its alternatives.
Term = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """What something is found by. Whatever has exactly the `key` comes first, then whatever has the `code`.

    A `digest` is found by its beginning, from six digits on.
    """

    words: tuple[str | None, ...] = ()
    key: str | None = ""
    code: str | None = ""
    digest: str | None = ""

    @property
    def tokens(self) -> str:
        """All tokens, with spaces between them."""
        tokens = dict.fromkeys(_names(self.key, self.code))
        if self.digest:
            tokens[_DIGEST + self.digest] = None
        size = 0
        for token in _of_words((self.key, self.code, *self.words)):
            if token not in tokens:
                size += len(token.encode()) + 1
                if size > _MOST_BYTES:
                    break
                tokens[token] = None
        return " ".join(tokens)


def terms_of(query: str) -> list[Term]:
    """What all has to match, at most twenty terms. None for a query without letters and digits."""
    words = dict.fromkeys(_joined(word)[:_LONGEST] for word in _WORD_OF_QUERY.findall(_folded(query)))
    # Whatever begins with the longer begins with the shorter.
    needed = [word for word in words if not any(other != word and other.startswith(word) for other in words)]
    return [(word, _DIGEST + word) if _DIGEST_BEGINNING.fullmatch(word) else (word,) for word in needed[:_MOST_TERMS]]


def seldom_first(terms: Iterable[Term]) -> list[Term]:
    """The terms, those first that few texts have: numbers, then long words."""
    return sorted(terms, key=lambda term: (not any(map(str.isdigit, term[0])), -len(term[0])))


def matches(terms: Iterable[Term], text: Text) -> bool:
    """Whether the text has all terms."""
    return has_all(terms, text.tokens.split())


def has_all(terms: Iterable[Term], tokens: Sequence[str]) -> bool:
    """Whether each term has a token that begins with one of its alternatives."""
    return all(any(token.startswith(term) for token in tokens) for term in terms)


def name_tokens(query: str) -> tuple[str, str]:
    """The tokens of those whose key, or code, this is exactly."""
    return tuple(_names(query, query)) or ("=", "=")  # type: ignore[return-value]


def _names(key: str | None, code: str | None) -> Iterator[str]:
    for mark, name in ((_KEY, key), (_CODE, code)):
        whole = "".join(_joined(word) for word in _WORD_OF_QUERY.findall(_folded(name or "")))
        if whole:
            yield mark + whole[:_LONGEST]


def _of_words(texts: Iterable[str | None]) -> Iterator[str]:
    for text in texts:
        for word in _WORD_OF_TEXT.findall(_folded(text or "")):
            whole, starts = "", []
            for piece in _PIECE.findall(word):
                if piece == ",":
                    whole += "."
                else:
                    starts.append(len(whole))
                    whole += piece
            for start in starts:
                yield whole[start : start + _LONGEST]


def _joined(word: str) -> str:
    return word.replace(",", ".")


def _folded(text: str) -> str:
    """Without differences of case, width, composition and loose accents."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not folded.isascii():
        folded = "".join(sign for sign in folded if not unicodedata.category(sign).startswith("M"))
    return _APOSTROPHES.sub("", folded)
