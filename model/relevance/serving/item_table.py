"""What users choose from, laid out for serving."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Float32Array, Int64Array
from model.ranking import ONE_STAGE_LIMIT, best_ascending
from model.ranking.contenders import Contenders
from model.relevance.serving.vectors import Vectors

_CHUNK = 8_192
_IN_A_GO = 4
"""Rows that OpenBLAS multiplies together; the rest of a division by it is rounded otherwise."""
_CONTENDERS_FROM = 4_000


@dataclass(frozen=True)
class ChoiceTable:
    """Vectors of all members, side by side.

    Attributes:
        entry: e, shape [I, M W].
        output: ō, shape [I, M (W + 1)].
        ratings: How many rated each item, shape [I].
        contenders: What finds the likeliest items, where there are so many that to score them all
            takes longer, and not so many that they are ranked in two stages.
    """

    entry: Vectors
    output: Vectors
    ratings: Float32Array
    contenders: Contenders | None = None

    def __len__(self) -> int:
        return len(self.output)

    def logits(self, weights: Float32Array, rows: Int64Array | None = None) -> Float32Array:
        """Return w · ō of items.

        Args:
            weights: Shape [M (W + 1)].
            rows: Which items; all if None.

        Returns:
            Shape [rows].
        """
        if rows is not None:
            return self.output.rows(rows) @ weights
        if len(self) <= ONE_STAGE_LIMIT:
            found: Float32Array = self.output.rows(slice(None)) @ weights
            return found
        parts = [
            self.output.rows(slice(start, start + _CHUNK)) @ weights
            for start in range(0, len(self), _CHUNK)
        ]
        return np.concatenate(parts)

    def top(
        self, weights: Float32Array, count: int, without: Int64Array
    ) -> tuple[Int64Array, Float32Array]:
        """Return the items with the highest w · ō, exactly.

        That of an item is the same by whichever way it is found, where OpenBLAS takes four rows at
        once even to the last bit.

        Args:
            weights: Shape [M (W + 1)].
            count: How many.
            without: Items to leave out.

        Returns:
            Items in the catalogue's order, and their w · ō.
        """
        if self.contenders is not None:
            found = self.contenders.best(
                weights, count, without, lambda rows: self._in_fours(weights, rows)
            )
            if found is not None:
                return found
        logits = self.logits(weights)
        logits[-_IN_A_GO:] = self.output.rows(slice(-_IN_A_GO, None)) @ weights
        logits[without] = -np.inf
        chosen = best_ascending(logits, count)
        return chosen, logits[chosen]

    def _in_fours(self, weights: Float32Array, rows: Int64Array) -> Float32Array:
        """Return w · ō of items, of which none is such a rest."""
        padding = np.zeros(-len(rows) % _IN_A_GO, dtype=rows.dtype)
        padded = np.concatenate([rows, padding])
        return self.logits(weights, padded)[: len(rows)]

    def with_contenders(self, usual: Float32Array, weights: Float32Array) -> ChoiceTable:
        """Prepare to rank many items faster; a table of few stays as it is.

        Args:
            usual: Weights that nearly all users have, such as that of popularity, shape
                [M (W + 1)].
            weights: Those of some users, shape [users, M (W + 1)].

        Returns:
            The table.
        """
        if not _CONTENDERS_FROM <= len(self) <= ONE_STAGE_LIMIT:
            return self
        output = self.output.rows(slice(None))
        return replace(self, contenders=Contenders.of(output, usual, weights))


def joined(one: ChoiceTable, other: ChoiceTable) -> ChoiceTable:
    """Put a table of live items behind another."""
    everything = slice(None)
    return ChoiceTable(
        Vectors.of(np.concatenate([one.entry.rows(everything), other.entry.rows(everything)])),
        Vectors.of(np.concatenate([one.output.rows(everything), other.output.rows(everything)])),
        np.concatenate([one.ratings, other.ratings]),
    )
