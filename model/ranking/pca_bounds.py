"""Fewer columns for the product with the whole catalogue, and how far they may be wrong.

A score is linear in Z = (φ, h₀) but for what the base rating adds. Principal components of Z,
weighed by how far users' weights go in each column, hold nearly all of what tells items apart in
a fraction of the columns; what is left of an item has a length ρ, and that of a user's weights a
length R, and by Cauchy and Schwarz their product is never above ρ R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array

_LEFT_OUT = 1e-3


@dataclass(frozen=True)
class ReducedFeatures:
    """Principal components of the items' features.

    Attributes:
        table: Components, base rating and ρ of each item, shape [I, r + 2].
        left: ρ once more, side by side, shape [I].
        basis: From weights of the features to weights of the components, shape [F, r].
        weight: What the features were weighed by, shape [F].
    """

    table: Float32Array
    left: Float32Array
    basis: Float32Array
    weight: Float32Array

    @classmethod
    def of(
        cls, features: Float32Array, weight: Float32Array, base: Float32Array
    ) -> ReducedFeatures:
        """Reduce the features of all items.

        Args:
            features: Z, shape [I, F].
            weight: How far users' weights go in each column, above 0, shape [F].
            base: What every score begins with, shape [I].

        Returns:
            As many components as leave a thousandth of the weighed squares out.
        """
        weighed = features * weight
        squares, vectors = np.linalg.eigh((weighed.T @ weighed).astype(np.float64))
        left_out = np.cumsum(np.maximum(squares, 0))
        first = int(np.searchsorted(left_out, _LEFT_OUT * left_out[-1]))
        basis = vectors[:, first:].astype(features.dtype)
        table = np.empty((len(features), basis.shape[1] + 2), dtype=features.dtype)
        np.matmul(weighed, basis, out=table[:, :-2])
        weighed -= table[:, :-2] @ basis.T
        table[:, -2] = base
        table[:, -1] = left = np.sqrt((weighed * weighed).sum(1))
        return cls(table, left, basis, weight)

    def bounds(self, weights: Float32Array, upper: Float32Array, lower: Float32Array) -> None:
        """Bound base + Z·u for every item.

        Args:
            weights: u, shape [F].
            upper: Takes the upper bounds, shape [I].
            lower: Takes the lower bounds, shape [I].
        """
        weighed = weights / self.weight
        inside = weighed @ self.basis
        outside = weighed - self.basis @ inside
        length = np.sqrt(outside @ outside)
        of_columns = np.ones(self.table.shape[1], dtype=inside.dtype)
        of_columns[:-2] = inside
        of_columns[-1] = length
        np.dot(self.table, of_columns, out=upper)
        # One column of the table would bring all of it from memory once more.
        np.multiply(self.left, -2 * length, out=lower)
        lower += upper
