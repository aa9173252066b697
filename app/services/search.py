"""Search as you type over titles."""

import re
import sqlite3
import threading
import unicodedata

import numpy as np

from model.arrays import Int64Array
from model.catalogue.bundled import Catalogue
from model.catalogue.live import LiveCatalogue

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 16
"""Of a query with more, the longest count."""
_MOST_LOOKED_AT = 100


class TitleSearch:
    """Finds titles in which every word of a query begins some word.

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
        self._database.executemany(
            "INSERT INTO titles(rowid, title) VALUES (?, ?)", enumerate(catalogue.titles)
        )

    def add(self, catalogue: LiveCatalogue) -> None:
        """Take in the items that a catalogue has behind those known already."""
        with self._lock:
            start, self._known = self._known, max(self._known, catalogue.size)
            self._database.executemany(
                "INSERT INTO titles(rowid, title) VALUES (?, ?)",
                enumerate(catalogue.titles(start)[: self._known - start], start),
            )

    def find(self, query: str) -> Int64Array | None:
        """Return the indices of the items whose title matches; call this on a compute thread.

        Args:
            query: Beginnings of words, in any order.

        Returns:
            Internal item indices in ascending order; None for a query without a word, which says
            nothing about any item.
        """
        words = _beginnings(query)
        if not words:
            return None
        expression = " AND ".join(f'"{word}"*' for word in words)
        with self._lock:
            found = self._database.execute(
                "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid", (expression,)
            )
            return np.fromiter((row[0] for row in found), dtype=np.int64)


def _beginnings(query: str) -> list[str]:
    """Return the words of a query that narrow a search down, each once, the longest first.

    A word that begins another one of the query says nothing more, and the index looks every word
    up by itself; so a query of one letter a thousand times is as quick as of one.
    """
    # An accent that is a character of its own would split its word in two.
    words = sorted(set(_WORD.findall(unicodedata.normalize("NFC", query))), key=len, reverse=True)
    kept: list[str] = []
    for word in words[:_MOST_LOOKED_AT]:
        if not any(other.casefold().startswith(word.casefold()) for other in kept):
            kept.append(word)
    return kept[:MOST_WORDS]
