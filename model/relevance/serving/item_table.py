"""What users choose from, laid out for serving."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Float32Array, Int64Array
from model.ranking import ONE_STAGE_LIMIT, at_least, best_ascending, kth_highest
from model.ranking.pca_bounds import ReducedFeatures
from model.relevance.serving.vectors import Vectors

_CHUNK = 8_192
_REDUCED_FROM = 6_000
_ROUNDING = 1e-3


@dataclass(frozen=True)
class ChoiceTable:
    """Vectors of all members, side by side.

    Attributes:
        entry: e, shape [I, M W].
        output: ō, shape [I, M (W + 1)].
        ratings: How many rated each item, shape [I].
        reduced: Components of `output`, where there are so many items that to look at fewer
            columns first is faster, and not so many that they are ranked in two stages.
        usual: The weights that the components leave out, as they are nearly everybody's.
    """

    entry: Vectors
    output: Vectors
    ratings: Float32Array
    reduced: ReducedFeatures | None = None
    usual: Float32Array | None = None

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

    def top(self, weights: Float32Array, count: int, without: Int64Array) -> Int64Array:
        """Return the items with the highest w · ō, exactly.

        Args:
            weights: Shape [M (W + 1)].
            count: How many.
            without: Items to leave out.

        Returns:
            In the catalogue's order.
        """
        if self.reduced is None or self.usual is None:
            logits = self.logits(weights)
            logits[without] = -np.inf
            return best_ascending(logits, count)
        upper, lower = np.empty((2, len(self)), dtype=np.float32)
        self.reduced.bounds(weights - self.usual, upper, lower)
        upper[without] = lower[without] = -np.inf
        near = at_least(upper, kth_highest(lower, count) - _ROUNDING)
        return near[best_ascending(self.logits(weights, near), count)]

    def with_components(self, usual: Float32Array, spread: Float32Array) -> ChoiceTable:
        """Find the components that rank many items faster; a table of few stays as it is.

        Args:
            usual: Weights that nearly all users have, such as that of popularity, shape
                [M (W + 1)].
            spread: How far users' weights go from these in each column, above 0, same shape.

        Returns:
            The table.
        """
        if not _REDUCED_FROM <= len(self) <= ONE_STAGE_LIMIT:
            return self
        output = self.output.rows(slice(None))
        # What all items share orders nothing, and would hide what tells them apart.
        apart = output - output.mean(0)
        reduced = ReducedFeatures.of(apart, spread, output @ usual)
        return replace(self, reduced=reduced, usual=usual)


def joined(one: ChoiceTable, other: ChoiceTable) -> ChoiceTable:
    """Put a table of live items behind another."""
    everything = slice(None)
    return ChoiceTable(
        Vectors.of(np.concatenate([one.entry.rows(everything), other.entry.rows(everything)])),
        Vectors.of(np.concatenate([one.output.rows(everything), other.output.rows(everything)])),
        np.concatenate([one.ratings, other.ratings]),
    )
