"""Free text, such as a title; the embeddings of its words are averaged."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import polars as pl
import scipy.sparse as sparse

from model.arrays import BoolArray, Float64Array
from model.errors import FeatureValueError
from model.features.kind import scaled_rows
from model.features.kinds.valued import TextCell
from model.features.values import FeatureValue

_WORD = re.compile(r"\w+")


class Text(TextCell):
    """Free text, such as a title; the embeddings of its words are averaged."""

    name = "text"
    has_words = True
    content_minimum_count = 3  # rare words tell little
    content_width = 64

    def row_parts(self, column: pl.Series) -> Iterable[str]:
        """Return the words; one that a text repeats counts once."""
        return (word for text in column.drop_nulls() for word in set(words(text)))

    def content_value_weights(self, counts: sparse.csr_matrix, known: BoolArray) -> Float64Array:
        """How much each word tells: idf = 1 + ln((1 + n) / (1 + df)) over the known items."""
        documents = np.flatnonzero(known)
        containing = np.asarray((counts[documents] > 0).sum(0)).ravel()
        inverse_frequency: Float64Array = 1 + np.log((1 + len(documents)) / (1 + containing))
        return inverse_frequency

    def content_rows(
        self, counts: sparse.csr_matrix, value_weights: Float64Array
    ) -> sparse.csr_matrix:
        """Turn counts of words into TF-IDF rows of unit length, (1 + ln tf) · idf."""
        frequency = counts.copy()
        frequency.data = 1 + np.log(frequency.data)
        weighted = frequency @ sparse.diags_array(value_weights)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
        return scaled_rows(weighted.tocsr(), 1 / np.maximum(length, 1e-12)).tocsr()

    def _counted(self, values: pl.Series) -> pl.Series:
        return pl.Series(
            [word for text in values.drop_nulls() for word in words(text)], dtype=pl.String
        )

    def _parts(self, value: FeatureValue) -> list[str]:
        if isinstance(value, str):
            return words(value)
        raise FeatureValueError("expected a text")


def words(text: str) -> list[str]:
    """Part a text into its words, in one case."""
    return _WORD.findall(text.casefold())
