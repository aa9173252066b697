"""What a query may mean: sequences of words, each a reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.services.search.slips import Vocabulary
from app.services.search.titles import folded, is_article

_MOST_WORDS = 8
_MOST_READINGS = 32
_LEAST_LETTERS_ALONE = 4
"""Of three letters and no other word almost anything could be meant."""
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty"),
)
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
_NUMBERS = {
    **{word: str(number) for number, word in enumerate(_UNITS)},
    **{word: str(10 * number) for number, word in enumerate(_TENS, 3)},
}
_NUMBERS |= {digits: word for word, digits in _NUMBERS.items()}


class Term(NamedTuple):
    """A word of a reading.

    Attributes:
        text: The word.
        whole: Whether no longer word will do.
    """

    text: str
    whole: bool = False


Reading = tuple[Term, ...]


def without_article(reading: Reading) -> Reading:
    """Leave an article at the beginning out, if something is left then, as `indexed` does."""
    return reading[1:] if len(reading) > 1 and is_article(reading[0].text) else reading


def with_numbers(words: Sequence[str]) -> list[Reading]:
    """Read a query as it is, and with each number written the other way (12, twelve).

    Args:
        words: The query.

    Returns:
        The readings, the plain one first.
    """
    plain = tuple(map(Term, words))
    readings = [plain]
    if len(words) > _MOST_WORDS:
        return readings
    for at, word in enumerate(words):
        other = _NUMBERS.get(word.lower())
        if other is not None:
            readings.append((*plain[:at], Term(other, whole=True), *plain[at + 1 :]))
    return readings


def with_other_gaps(words: Sequence[str], vocabulary: Vocabulary) -> list[Reading]:
    """Read a query with two words written as one, or one as two.

    Args:
        words: The query.
        vocabulary: The words of titles.

    Returns:
        The readings that titles may have.
    """
    plain = [Term(folded(word)) for word in words]
    if len(plain) > _MOST_WORDS:
        return []
    readings = []
    for at, term in enumerate(plain):
        before, behind = plain[:at], plain[at + 1 :]
        readings += [
            (*before, Term(head, whole=True), Term(tail), *behind)
            for head, tail in vocabulary.parted(term.text)
        ]
        if behind and vocabulary.begins(term.text + behind[0].text):
            readings.append((*before, Term(term.text + behind[0].text), *behind[1:]))
    return readings[:_MOST_READINGS]


class Slip(NamedTuple):
    """A word of a query that may be another one.

    Attributes:
        at: The word's place.
        readings: The query with each word in its place that may be meant.
    """

    at: int
    readings: list[Reading]


def with_a_slip(words: Sequence[str], vocabulary: Vocabulary) -> list[Slip]:
    """Read a query with one slip of the key put right.

    Args:
        words: The query.
        vocabulary: The words of titles.

    Returns:
        The readings of a word that no title has; where each word is in some title, of any.
    """
    plain = tuple(Term(folded(word)) for word in words)
    unknown = [at for at, term in enumerate(plain) if not vocabulary.begins(term.text)]
    if len(plain) > _MOST_WORDS or len(unknown) > 1:
        return []
    slips = []
    for at in unknown or range(len(plain)):
        before, text, behind = plain[:at], plain[at].text, plain[at + 1 :]
        if len(plain) > 1 or len(text) >= _LEAST_LETTERS_ALONE:
            meant = vocabulary.after_a_slip(text)
            slips.append(Slip(at, [(*before, Term(one), *behind) for one in meant]))
    return [slip for slip in slips if slip.readings]
