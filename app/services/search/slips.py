"""The words of all titles, and those that a word may be meant for."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

_LEAST_LETTERS = 3
_MOST_LETTERS = 32
_MOST_NEXT = 64
_MOST_MEANT = 64
_FEW = 64
_BEHIND_ALL = "\U0010ffff"


class Vocabulary:
    """Words in order, so that all that begin alike stand together.

    Args:
        words: The words, in ascending order.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(words)

    def add(self, words: Iterable[str]) -> None:
        """Take more words in."""
        new = {word for word in words if word not in self}
        if len(new) > _FEW:
            self._words = sorted([*self._words, *new])
        else:
            for word in new:
                insort(self._words, word)

    def __contains__(self, word: str) -> bool:
        place = bisect_left(self._words, word)
        return place < len(self._words) and self._words[place] == word

    def begins(self, beginning: str) -> bool:
        """Tell whether some word begins so."""
        place = bisect_left(self._words, beginning)
        return place < len(self._words) and self._words[place].startswith(beginning)

    def parted(self, word: str) -> list[tuple[str, str]]:
        """Return the ways to part a word into a word and the beginning of another."""
        parts = ((word[:at], word[at:]) for at in range(1, min(len(word), _MOST_LETTERS)))
        return [(head, tail) for head, tail in parts if head in self and self.begins(tail)]

    def after_a_slip(self, word: str) -> list[str]:
        """Find what a word may be meant for if one key went wrong.

        One letter wrong, missing or too much, or two in each other's place; nothing of a word of
        one or two letters or with digits, and no missing first letter, for the middle of a word is
        not what is found. It takes time by the word's length, not by the number of words.

        Args:
            word: Letters as the index holds them.

        Returns:
            Beginnings of words, not too many, those first that are whole words.
        """
        if not _LEAST_LETTERS <= len(word) <= _MOST_LETTERS or not word.isalpha():
            return []
        found = {one: None for one in self._candidates(word) if one != word and self.begins(one)}
        return sorted(found, key=lambda one: one not in self)[:_MOST_MEANT]

    def _candidates(self, word: str) -> Iterator[str]:
        for at in range(len(word)):
            head, tail = word[:at], word[at:]
            if not self.begins(head):
                return  # whatever comes behind it
            yield head + tail[1:]
            if len(tail) > 1:
                yield head + tail[1] + tail[0] + tail[2:]
            for letter in self._letters_after(head):
                yield head + letter + tail[1:]
                if head:
                    yield head + letter + tail

    def _letters_after(self, head: str) -> Iterator[str]:
        place = bisect_left(self._words, head)
        for _ in range(_MOST_NEXT):
            if place < len(self._words) and self._words[place] == head:
                place += 1
            if place >= len(self._words) or not self._words[place].startswith(head):
                return
            letter = self._words[place][len(head)]
            yield letter
            place = bisect_left(self._words, head + letter + _BEHIND_ALL, place)
