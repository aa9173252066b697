"""An index of titles, and how well they match a query."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from app.services.search.readings import (
    Reading,
    Slip,
    Term,
    with_a_slip,
    with_numbers,
    with_other_gaps,
    without_article,
)
from app.services.search.slips import Vocabulary
from app.services.search.titles import IndexedTitle, folded, indexed, is_article, words_of
from model.arrays import Int64Array
from model.catalogue.bundled import Catalogue
from model.catalogue.live import LiveCatalogue

MOST_WORDS = 16
"""Of a query with more, the longest count."""
_MOST_LOOKED_AT = 100
_LEAST_LETTERS_OF_A_BEGINNING = 3
"""What begins with fewer letters is too much to be told from the rest while it is typed."""

WHOLE_TITLE, FIRST_WORDS, BEGINNING, ALL_WORDS = range(4)
"""How well a title matches a reading, the best first."""
_CLASSES = 4
_FEW = 5
_MOST_READINGS = 64
_LONGEST = 2**16 - 1


@dataclass(frozen=True)
class Found:
    """Titles that match.

    Attributes:
        items: Internal item indices, each once, in no order.
        quality: How well each matches; the lower the better.
    """

    items: Int64Array
    quality: Int64Array

    @property
    def is_enough(self) -> bool:
        """Tell whether nothing else is likely to be meant."""
        return len(self.items) >= _FEW or bool((self.quality % _CLASSES <= BEGINNING).any())

    def and_also(self, others: Found) -> Found:
        """Return these and those of others that are not among them."""
        new = ~np.isin(others.items, self.items)
        return Found(
            np.concatenate([self.items, others.items[new]]),
            np.concatenate([self.quality, others.quality[new]]),
        )


class TitleSearch:
    """Finds titles by the words that they have, or nearly have.

    An in-memory SQLite FTS5 index, which folds case and accents. It serves a catalogue and all
    that grow out of it, so it may know of items that a catalogue does not have yet, or no more.

    Args:
        catalogue: The items.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._lock = threading.Lock()
        self._known = len(catalogue)
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE titles USING fts5("
            "title, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 2')"
        )
        self._lengths = array("H")
        self._insert(map(indexed, catalogue.titles))
        self._database.execute("CREATE VIRTUAL TABLE words USING fts5vocab(titles, row)")
        terms = self._database.execute("SELECT term FROM words")
        self._vocabulary = Vocabulary(chain.from_iterable(terms))

    def add(self, catalogue: LiveCatalogue) -> None:
        """Take in the items that a catalogue has behind those known already."""
        with self._lock:
            start, self._known = self._known, max(self._known, catalogue.size)
            titles = [indexed(title) for title in catalogue.titles(start)[: self._known - start]]
            self._insert(titles)
            self._vocabulary.add(folded(word) for title in titles for word in title.words)

    def _insert(self, titles: Iterable[IndexedTitle]) -> None:
        self._database.executemany(
            "INSERT INTO titles(rowid, title) VALUES (?, ?)", self._rows(titles)
        )

    def _rows(self, titles: Iterable[IndexedTitle]) -> Iterator[tuple[int, str]]:
        for item, title in enumerate(titles, len(self._lengths)):
            self._lengths.append(min(title.length, _LONGEST))
            yield item, " ".join(title.words)

    def find(self, query: str, catalogue: LiveCatalogue) -> Found | None:
        """Find the items whose title matches; call this on a compute thread.

        Every word of the query begins some word of the title; a number may be written the other
        way. If that finds few titles, and none that begins with the words as they are, those come
        behind that have two words as one or one as two, and then those by one slip of the key.

        Args:
            query: Beginnings of words, in any order.
            catalogue: The items there are.

        Returns:
            What was found; None for a query without a word, which says nothing about any item.
        """
        words = words_of(query)
        if not words:
            return None
        if len(words) > MOST_WORDS:
            return self._ranked([tuple(map(Term, words))], 0, catalogue, in_order=False)
        found = self._ranked(with_numbers(words), 0, catalogue)
        for number, read in enumerate((self._with_other_gaps, self._with_a_slip), 1):
            if found.is_enough:
                break
            found = found.and_also(self._ranked(read(words), number * _CLASSES, catalogue))
        return found

    def _with_other_gaps(self, words: Sequence[str]) -> list[Reading]:
        return with_other_gaps(words, self._vocabulary)

    def _with_a_slip(self, words: Sequence[str]) -> list[Reading]:
        """Return readings whose other words are in some title too."""
        slips = with_a_slip(words, self._vocabulary)
        with self._lock:
            return list(
                chain.from_iterable(one.readings for one in slips if self._is_in_any_title(one))
            )[:_MOST_READINGS]

    def _is_in_any_title(self, slip: Slip) -> bool:
        reading = slip.readings[0]
        others = reading[: slip.at] + reading[slip.at + 1 :]
        either = " OR ".join(_quoted(one[slip.at]) for one in slip.readings)
        expression = f"{_all_words(others)} AND ({either})" if others else either
        found = self._database.execute(
            "SELECT 1 FROM titles WHERE titles MATCH ? LIMIT 1", (expression,)
        )
        return found.fetchone() is not None

    def _ranked(
        self,
        readings: Sequence[Reading],
        first: int,
        catalogue: LiveCatalogue,
        *,
        in_order: bool = True,
    ) -> Found:
        """Find what matches some reading, with classes of quality from a first one on."""
        if not readings:
            return Found(np.empty(0, np.int64), np.empty(0, np.int64))
        with self._lock:
            items = self._matching(" OR ".join(map(_all_words, readings)))
            items = items[items < catalogue.size]
            if len(catalogue.hidden):
                items = np.setdiff1d(items, catalogue.hidden, assume_unique=True)
            quality = np.full(len(items), first + ALL_WORDS)
            if in_order and len(items):
                for better, such in self._in_order(readings):
                    quality[np.isin(items, such, assume_unique=True)] = first + better
        return Found(items, quality)

    def _in_order(self, readings: Sequence[Reading]) -> Iterator[tuple[int, Int64Array]]:
        """Yield what begins as some reading does, the best matches last."""
        orders = [without_article(reading) for reading in readings]
        if all(is_article(term.text) for term in orders[0]):
            return
        if sum(len(term.text) for term in orders[0]) >= _LEAST_LETTERS_OF_A_BEGINNING:
            begun = self._matching(
                " OR ".join(_phrase(*_whole(order[:-1]), order[-1]) for order in orders)
            )
            yield BEGINNING, begun
            if not len(begun):
                return  # what comes next is among these
        first = self._matching(" OR ".join(_phrase(*_whole(order)) for order in orders))
        yield FIRST_WORDS, first
        lengths = np.frombuffer(self._lengths, dtype=np.uint16)[first]
        yield WHOLE_TITLE, first[np.isin(lengths, [len(order) for order in orders])]

    def _matching(self, expression: str) -> Int64Array:
        # As one text, which takes a third of the time that rows do.
        (listed,) = self._database.execute(
            "SELECT group_concat(rowid) FROM "
            "(SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid)",
            (expression,),
        ).fetchone()
        return np.fromstring(listed or "", dtype=np.int64, sep=",")


def _all_words(reading: Reading) -> str:
    """Return an expression for titles that have all words, in any order."""
    texts = _beginnings([term.text for term in reading if not term.whole])
    terms = [*map(Term, texts), *(term for term in reading if term.whole)]
    return f"({' AND '.join(map(_quoted, terms))})"


def _whole(reading: Reading) -> list[Term]:
    return [Term(term.text, whole=True) for term in reading]


def _phrase(*terms: Term) -> str:
    return "^" + " + ".join(map(_quoted, terms))


def _quoted(term: Term) -> str:
    return f'"{term.text}"' if term.whole else f'"{term.text}"*'


def _beginnings(words: Sequence[str]) -> list[str]:
    """Return the words of a query that narrow a search down, each once, the longest first.

    A word that begins another one of the query says nothing more, and the index looks every word
    up by itself; so a query of one letter a thousand times is as quick as of one.
    """
    kept: list[str] = []
    for word in sorted(set(words), key=lambda word: (-len(word), word))[:_MOST_LOOKED_AT]:
        if not any(other.casefold().startswith(word.casefold()) for other in kept):
            kept.append(word)
    return kept[:MOST_WORDS]
