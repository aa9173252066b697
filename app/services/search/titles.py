"""Words of titles and of queries, taken apart alike so that they meet."""

import re
import unicodedata
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'`\u2018\u2019\u00b4\u02bc")
_INITIALS = re.compile(r"(?<![^\W_])[^\W\d_](?:[.*][^\W\d_])+(?![^\W_])")
_ARTICLES = frozenset(("the", "a", "an"))
_BEHIND_A_COMMA = _ARTICLES | frozenset(
    ("le", "la", "les", "un", "une", "der", "die", "das", "den", "det", "el", "los", "las", "il")
)


def words_of(text: str) -> list[str]:
    """Take a text apart: don't is dont, and E.T. is ET.

    Args:
        text: A title or a query.

    Returns:
        Its words, as they are written.
    """
    if "." in text or "*" in text:
        text = _INITIALS.sub(lambda found: re.sub("[.*]", "", found[0]), text)
    return _plain_words(text.translate(_APOSTROPHES) if _has_signs(text) else text)


def _plain_words(text: str) -> list[str]:
    # An accent that is a character of its own would split its word in two.
    return _WORD.findall(text if text.isascii() else unicodedata.normalize("NFC", text))


def _has_signs(text: str) -> bool:
    """Tell whether its words may be others than those between its signs."""
    return "'" in text or "." in text or "*" in text or not text.isascii()


def is_article(word: str) -> bool:
    """Tell whether a word says nothing of which title is meant if it stands first."""
    return word.lower() in _ARTICLES


class IndexedTitle(NamedTuple):
    """A title as the index takes it.

    Attributes:
        words: First those that people think of; behind them what may be asked for too: an article,
            what is in brackets, and words as they are without their signs (l avventura, e t).
        length: How many people think of.
    """

    words: list[str]
    length: int


def indexed(title: str) -> IndexedTitle:
    """Take a title apart.

    Args:
        title: A title, such as `Terminator, The (1984)`.

    Returns:
        Its words, such as `Terminator`, `1984`, `The`, of which people think of one.
    """
    core = title.rstrip()
    behind: list[str] = []
    year = core[-5:-1]
    if core.endswith(")") and core[-6:-5] == "(" and year.isdecimal():
        core = core[:-6].rstrip()
        behind.append(year)
    if "(" in core:
        before, _, inside = core.partition("(")
        if words_of(before):
            core = before.rstrip()
            behind += words_of(inside)
    if ", " in core:
        before, _, last = core.rpartition(", ")
        if last.lower() in _BEHIND_A_COMMA:
            core = before
            behind.append(last)
    words = words_of(core)
    if _has_signs(core):
        plain = _plain_words(core)
        if plain != words:
            behind += plain
    if len(words) > 1 and is_article(words[0]):
        behind.append(words.pop(0))
    return IndexedTitle(words + behind, len(words))


def folded(word: str) -> str:
    """Write a word as the index holds it: small letters without accents."""
    return "".join(
        one for one in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(one)
    )
