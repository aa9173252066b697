"""What the item encoder sees of each item: statistics, factors, and what content predicts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.arrays import Float64Array
from model.bayesian.preset import BayesianPreset
from model.content.bias_statistics import RATING_VARIANCE, ItemStatistics, item_statistics
from model.content.content import ItemContent, LeaveOneOutRegression, principal_axes
from model.content.factors import (
    cooccurrence_factors,
    probabilistic_pca,
    rotate_onto,
    rotation_onto,
)
from model.content.item_bias_prior import ContentBias, content_bias, quality_weights, taste_weights
from model.cores import usable_cores
from model.data.dataset import Dataset, Ratings

_SPREAD_DAMPING = 5.0


@dataclass(frozen=True)
class ItemRows:
    """The encoder's view of items, one row each.

    Attributes:
        inputs: What the encoder reads, shape [rows, inputs].
        linear: Where the representation starts, shape [rows, D − 1].
        quality: Item bias predicted by content, shape [rows].
        residual_sum: Σ residuals of the training ratings, shape [rows].
        count: Number of training ratings, shape [rows].
    """

    inputs: Tensor
    linear: Tensor
    quality: Tensor
    residual_sum: Tensor
    count: Tensor

    def __len__(self) -> int:
        return len(self.quality)

    def rows(self, chosen: slice | Tensor) -> ItemRows:
        """Return some of the rows."""
        return ItemRows(
            self.inputs[chosen],
            self.linear[chosen],
            self.quality[chosen],
            self.residual_sum[chosen],
            self.count[chosen],
        )

    def named_tensors(self) -> dict[str, Tensor]:
        """Every tensor under its name."""
        return {
            "inputs": self.inputs,
            "linear": self.linear,
            "quality": self.quality,
            "residual_sum": self.residual_sum,
            "count": self.count,
        }


@dataclass(frozen=True)
class TrainingRows:
    """The rows that training uses.

    Row i is item i; row I + i is the same item shown as if it were new.

    Attributes:
        whole: Fitted to all training ratings; what serves.
        folds: For each fold of the users, fitted without that fold's ratings, on the same axes.
        fold_of_user: Shape [users].
        statistics: Of all training ratings.
        content: What content predicts of an item: quality, factors, and principal components.
    """

    whole: ItemRows
    folds: tuple[ItemRows, ...]
    fold_of_user: npt.NDArray[np.int64]
    statistics: ItemStatistics
    content: PredictedFromContent


@dataclass(frozen=True)
class PredictedFromContent:
    """What content predicts of items that training never saw.

    Attributes:
        content: The content of the training items.
        vectors: Feature → what each value adds to the targets, shape [values, targets].
        intercept: Shape [targets].
    """

    content: ItemContent
    vectors: dict[str, Float64Array]
    intercept: Float64Array


@dataclass(frozen=True)
class ItemAxes:
    """Items on the axes of another training, one row each; all 0 for items that it did not know.

    Attributes:
        factors: Of the ratings, shape [items, factors].
        cooccurrence: Of who rated what, shape [items, its factors].
        components: Of the content, times the root of its variance, shape [items, its components].
    """

    factors: Float64Array
    cooccurrence: Float64Array
    components: Float64Array


@dataclass(frozen=True)
class _Start:
    """Where the solvers begin; drawn before the folds are fitted side by side."""

    factors: Float64Array
    cooccurrence: Float64Array


@dataclass(frozen=True)
class _Collaborative:
    """What ratings tell: factors, those expected from content, and factors of who rated what."""

    statistics: ItemStatistics
    factors: Float64Array
    expected: Float64Array
    cooccurrence: Float64Array


def build_training_rows(
    dataset: Dataset,
    ratings: Ratings,
    preset: BayesianPreset,
    random: np.random.Generator,
    onto: ItemAxes | None = None,
) -> TrainingRows:
    """Fit everything that is known before meta-training.

    A training episode must not see factors that its own ratings went into: a representation
    fitted to the query set would promise more than new users get. So the users are split into
    folds, and the factors are fitted once without each fold (cross-fitting).

    Args:
        dataset: Items and their features.
        ratings: Training ratings, brought to a range of 4.
        preset: Configuration.
        random: Source of randomness.
        onto: The axes to come out on; any if None.

    Returns:
        The rows.
    """
    config = preset.estimator
    users, items = len(dataset.user_ids), len(dataset.item_ids)
    statistics = item_statistics(ratings, users, items, damping=config.item_damping)
    known = statistics.known
    content = ItemContent.fit(dataset.item_features, dataset.item_feature_kinds, known, random)
    taste = content.rows(taste_weights())
    predicted = content_bias(content, statistics)
    quality = predicted.of_items
    axes = principal_axes(taste, known, config.content_width, random)
    components: Float64Array = taste @ axes
    if onto is not None:
        target = _as_wide(onto.components, components.shape[1])
        axes = axes @ rotation_onto(components, target)
        components = taste @ axes

    n = statistics.count[known]
    smoother = LeaveOneOutRegression(taste, 1.0, known, 3.0 * (1.0 + 40.0 / n))
    bias = statistics.item_bias(quality, config.item_damping)

    def factorise(
        some: Ratings,
        counted: ItemStatistics,
        start: _Start,
        axes: _Collaborative | ItemAxes | None,
    ) -> _Collaborative:
        residual = some.rating - statistics.mean - bias[some.item_index]
        factors = probabilistic_pca(
            some,
            residual,
            items,
            ridge=config.factor_ridge,
            start=start.factors,
        )
        together = cooccurrence_factors(
            some, users, items, config.cooccurrence_factors, start.cooccurrence
        )
        if axes is not None:
            factors = rotate_onto(factors, axes.factors.astype(np.float32), statistics.count)
            target = _as_wide(axes.cooccurrence, together.shape[1]).astype(np.float32)
            together = rotate_onto(together, target, np.ones(items))
        loadings = factors.astype(np.float64)
        return _Collaborative(
            counted, loadings, smoother.predict(loadings), together.astype(np.float64)
        )

    def draw_start() -> _Start:
        return _Start(
            random.normal(0, 0.1, (items, config.rating_factors)),
            random.normal(size=min(users, items)),
        )

    whole = factorise(ratings, statistics, draw_start(), onto)
    # Dealt like cards, so that no fold holds all users who rated.
    rated = random.permutation(ratings.ranks.union(ratings.user_index))
    fold_of_user = np.zeros(users, dtype=np.int64)
    fold_of_user[rated] = np.arange(len(rated)) % preset.training.folds
    starts = [draw_start() for _ in range(min(preset.training.folds, len(rated)))]

    def fit_fold(fold: int) -> ItemRows:
        out = fold_of_user[ratings.user_index] == fold
        counted = statistics.without(ratings.where(out))
        rest = factorise(ratings.where(~out), counted, starts[fold], whole)
        return _rows(rest, statistics, quality, components, preset)

    with ThreadPoolExecutor(ratings.ranks.threads(usable_cores())) as pool:
        folds = tuple(pool.map(fit_fold, range(len(starts))))
    return TrainingRows(
        _rows(whole, statistics, quality, components, preset),
        folds,
        fold_of_user,
        statistics,
        _predicted_from(content, predicted, smoother.weights(whole.factors), axes),
    )


def _as_wide(table: Float64Array, width: int) -> Float64Array:
    """Return a table of so many columns: 0 in those that it lacks, without those beyond."""
    found = np.zeros((len(table), width))
    kept = min(width, table.shape[1])
    found[:, :kept] = table[:, :kept]
    return found


def _predicted_from(
    content: ItemContent,
    quality: ContentBias,
    factors: tuple[Float64Array, Float64Array],
    axes: Float64Array,
) -> PredictedFromContent:
    """Put the three regressions side by side."""
    columns, intercept = factors
    of_quality = content.by_value(quality.columns, quality_weights())
    of_taste = content.by_value(np.concatenate([columns, axes], axis=1), taste_weights())
    return PredictedFromContent(
        content,
        {name: np.concatenate([of_quality[name], of_taste[name]], axis=1) for name in of_taste},
        np.concatenate([quality.intercept, intercept, np.zeros(axes.shape[1])]),
    )


def encoder_inputs(
    quality: Float64Array,
    expected: Float64Array,
    apart: Float64Array,
    bias: Float64Array,
    log_count: Float64Array,
    spread: Float64Array,
    known: Float64Array,
    cooccurrence: Float64Array,
) -> Float64Array:
    """Lay out what the item encoder reads.

    Args:
        quality: Item bias predicted by content, shape [rows].
        expected: Factors predicted by content, shape [rows, F].
        apart: Factors less the expected ones, 0 for a new item, shape [rows, F].
        bias: Damped item bias, shape [rows].
        log_count: ln(1 + number of ratings) / 5, shape [rows].
        spread: Variance of the residuals less the usual one, shape [rows].
        known: 1 for an item with ratings, else 0, shape [rows].
        cooccurrence: Factors of who rated what, shape [rows, O].

    Returns:
        Shape [rows, 5 + 2 F + O].
    """
    parts = (quality, 3 * expected, 3 * apart, bias, log_count, spread, known, cooccurrence)
    return np.concatenate([p[:, None] if p.ndim == 1 else p for p in parts], axis=1)


def _rows(
    found: _Collaborative,
    whole: ItemStatistics,
    quality: Float64Array,
    components: Float64Array,
    preset: BayesianPreset,
) -> ItemRows:
    """Put the columns together, for every item as it is and as if it were new."""
    config = preset.estimator
    known = whole.known
    statistics = found.statistics
    apart = np.where(known[:, None], found.factors - found.expected, 0)
    bias = statistics.item_bias(quality, config.item_damping)
    count = np.maximum(statistics.count, 0)
    spread = (statistics.square_sum + _SPREAD_DAMPING * RATING_VARIANCE) / (count + _SPREAD_DAMPING)
    one, zero = np.ones_like(quality), np.zeros_like(quality)
    scaled_content = components * config.content_variance**0.5

    as_known = encoder_inputs(
        *(quality, found.expected, apart, bias, np.log1p(count) / 5),
        *(spread - RATING_VARIANCE, one, found.cooccurrence),
    )
    as_new = encoder_inputs(
        *(quality, found.expected, 0 * apart, quality, zero, zero, zero),
        0 * found.cooccurrence,
    )
    known_start = np.concatenate([found.expected + apart, scaled_content], axis=1)
    new_start = np.concatenate([found.expected, scaled_content], axis=1)
    as_known[~known], known_start[~known] = as_new[~known], new_start[~known]

    def tensor(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(np.concatenate([first, second]).astype(np.float32))

    return ItemRows(
        inputs=tensor(as_known, as_new),
        linear=tensor(known_start, new_start),
        quality=tensor(quality, quality),
        # Sums stay whole in every fold: an episode's own ratings are left out one by one.
        residual_sum=tensor(whole.residual_sum, zero),
        count=tensor(whole.count, zero),
    )
