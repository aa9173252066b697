"""Item content as sparse rows, and regressions on it that leave each known item out.

All kernels here are linear in the rows, so whatever is learnt from content is a table of one
vector a feature value: a new item is encoded by summing the vectors of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sparse
from scipy.sparse.linalg import svds

from model.arrays import BoolArray, Float64Array
from model.content.signs import with_fixed_signs
from model.features import EncodedFeature, FeatureSpace
from model.features.kinds import FeatureKind

LANDMARKS = 4096
"""Most items that a kernel matrix is built of; memory grows with its square."""


@dataclass(frozen=True)
class ItemContent:
    """The content of items, one block of columns a feature.

    Attributes:
        space: Encoders, fitted to known items.
        blocks: Feature → rows of all items, shape [items, columns], as its kind makes them. A row
            of categories has 1/√n at each of its n values; a row of text is its TF-IDF vector,
            reduced by latent semantic analysis. Numbers have no block.
        projections: Feature → what a kind's row is multiplied with to give a block's row; only
            kinds whose rows are reduced have one, shape [values, columns].
        value_weights: Feature → how much each value tells, shape [values].
        items: Number of items.
    """

    space: FeatureSpace
    blocks: dict[str, sparse.csr_matrix]
    projections: dict[str, Float64Array]
    value_weights: dict[str, Float64Array]
    items: int

    @classmethod
    def fit(
        cls,
        table: pl.DataFrame,
        kinds: Mapping[str, FeatureKind],
        known: BoolArray,
        random: np.random.Generator,
    ) -> ItemContent:
        """Learn vocabularies and text projections from the known items, and encode all.

        Args:
            table: Typed item features of all items.
            kinds: Feature → kind.
            known: Items to learn from, shape [items].
            random: Source of the solver's start.

        Returns:
            The content of all items.
        """
        counts = {kind: kind.content_minimum_count for kind in kinds.values()}
        space = FeatureSpace.fit(table, kinds, counts, np.flatnonzero(known))
        encoded = space.encode_table(table)
        blocks, projections, value_weights = {}, {}, {}
        for name, encoder in space.encoders.items():
            kind = encoder.kind
            if not kind.has_content_rows:
                continue
            raw = raw_rows(encoded[name], encoder.slots)
            if kind.content_width is None:
                value_weights[name] = kind.content_value_weights(raw, known)
                blocks[name] = kind.content_rows(raw, value_weights[name])
            elif raw.shape[1]:
                value_weights[name] = kind.content_value_weights(raw, known)
                rows = kind.content_rows(raw, value_weights[name])
                projections[name] = _projection(rows, known, kind.content_width, random)
                blocks[name] = sparse.csr_matrix(rows @ projections[name])
        count = table.height if table.width else len(known)
        return cls(space, blocks, projections, value_weights, count)

    def rows(self, weights: Mapping[FeatureKind, float]) -> sparse.csr_matrix:
        """Put the blocks side by side, so that row products are Σ_f w_f x_fᵀ x'_f.

        Args:
            weights: w of each kind of feature; a kind that is missing is left out.

        Returns:
            Shape [items, all columns].
        """
        kept = [self.blocks[name] * weight**0.5 for name, weight in self._weighed(weights).items()]
        return sparse.hstack(kept).tocsr() if kept else sparse.csr_matrix((self.items, 0))

    def by_value(
        self, columns: Float64Array, weights: Mapping[FeatureKind, float]
    ) -> dict[str, Float64Array]:
        """Tell what each feature value adds to a linear function of `rows(weights)`.

        Args:
            columns: The function, shape [all columns, targets].
            weights: As `rows` took them.

        Returns:
            Feature → one row for each of the encoder's values, to be multiplied with its kind's
            `content_rows`. Shape [values, targets].
        """
        found, start = {}, 0
        for name, weight in self._weighed(weights).items():
            end = start + self.blocks[name].shape[1]
            part = columns[start:end] * weight**0.5
            projection = self.projections.get(name)
            found[name] = part if projection is None else projection @ part
            start = end
        return found

    def _weighed(self, weights: Mapping[FeatureKind, float]) -> dict[str, float]:
        """The weight of each feature that has a block and a weight, in the blocks' order."""
        kinds = {name: self.space.encoders[name].kind for name in self.blocks}
        return {name: weights[kind] for name, kind in kinds.items() if weights.get(kind)}


class LeaveOneOutRegression:
    """Ridge regression on content rows that predicts each known item without itself.

    Dual form over the known items K: α = (X_K X_Kᵀ + c + D)⁻¹ y with D the noise of each target.
    A known item's prediction is y_i − α_i / (…)⁻¹_ii, exactly what a fit without it would give,
    so that the same number means the same for a known and for a new item.

    Args:
        rows: Content, shape [items, columns].
        constant: c, the variance of an intercept.
        known: Items with a target; beyond 4096 those with least noise are used.
        noise: D of each known item, shape [known items].
    """

    def __init__(
        self, rows: sparse.csr_matrix, constant: float, known: BoolArray, noise: Float64Array
    ) -> None:
        index = np.flatnonzero(known)
        least_noise = np.sort(np.argsort(noise, kind="stable")[:LANDMARKS])
        self._landmarks = index[least_noise]
        self._rows, self._constant = rows, constant
        chosen = rows[self._landmarks]
        kernel = (chosen @ chosen.T).toarray() + constant
        self._inverse = np.linalg.inv(kernel + np.diag(noise[least_noise]))

    def predict(self, target: Float64Array) -> Float64Array:
        """Regress and predict.

        Args:
            target: Shape [items, targets]; rows of items that are not known do not matter.

        Returns:
            Shape [items, targets].
        """
        chosen = target[self._landmarks].astype(np.float64)
        dual = self._inverse @ chosen
        columns, intercept = self._primal(dual)
        predicted: Float64Array = self._rows @ columns
        predicted += intercept
        predicted[self._landmarks] = chosen - dual / np.diag(self._inverse)[:, None]
        return predicted

    def weights(self, target: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return the regression that predicts items which are not among the known.

        Args:
            target: As `predict` takes it.

        Returns:
            What each column of the content adds, shape [columns, targets], and the intercepts,
            shape [targets].
        """
        return self._primal(self._inverse @ target[self._landmarks].astype(np.float64))

    def _primal(self, dual: Float64Array) -> tuple[Float64Array, Float64Array]:
        return self._rows[self._landmarks].T @ dual, self._constant * dual.sum(0)


def principal_axes(
    rows: sparse.csr_matrix, known: BoolArray, width: int, random: np.random.Generator
) -> Float64Array:
    """Find what reduces content rows so that their products stay as near as `width` columns allow.

    Args:
        rows: Shape [items, columns].
        known: Items that the axes are learnt from, shape [items].
        width: Columns wanted; fewer come where the content has fewer.
        random: Source of the solver's start.

    Returns:
        To be multiplied with rows, shape [columns, width].
    """
    return _axes(rows[np.flatnonzero(known)], width, random)


def _axes(rows: sparse.csr_matrix, width: int, random: np.random.Generator) -> Float64Array:
    """Leading right singular vectors, shape [columns, width]."""
    count = min(width, min(rows.shape) - 1)
    if count < 1:
        return np.zeros((rows.shape[1], 0))
    _, size, right = svds(rows.astype(np.float64), count, v0=random.normal(size=min(rows.shape)))
    axes: Float64Array = with_fixed_signs(right[np.argsort(-size)]).T
    return axes


def raw_rows(column: EncodedFeature, slots: int) -> sparse.csr_matrix:
    """Count the known values of each row; the unknown slot is left out.

    Args:
        column: An encoded feature.
        slots: Slots of its encoder.

    Returns:
        Shape [rows, slots − 1].
    """
    counts = sparse.csr_matrix(
        (np.ones(len(column.slots)), column.slots, column.offsets), (len(column), slots)
    )
    counts.sum_duplicates()
    return counts[:, 1:]


def _projection(
    rows: sparse.csr_matrix, known: BoolArray, width: int, random: np.random.Generator
) -> Float64Array:
    """Reduce rows so that a known item's has a mean squared length of 1."""
    of_known = rows[np.flatnonzero(known)]
    projection = _axes(of_known, width, random)
    reduced = of_known @ projection
    mean_square = float((reduced**2).sum(1).mean()) if reduced.size else 0.0
    return projection / (mean_square**0.5 or 1.0)
