"""What the item encoder sees of items that were put after training.

Dimensions: F rating factors, C content components.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.arrays import Float64Array
from model.bayesian.preset import EstimatorConfig
from model.bayesian.training.item_features import ItemRows, encoder_inputs
from model.bayesian.training.stored_weights import Stored
from model.features import FeatureSpace
from model.live_items import LiveItems


def live_rows(
    items: LiveItems, stored: Stored, item_space: FeatureSpace, config: EstimatorConfig
) -> ItemRows:
    """Show live items: new ones as `new_rows` does, trained ones as `changed_rows` does.

    Args:
        items: The items.
        stored: What was learnt.
        item_space: Encoders of the item features.
        config: Configuration.

    Returns:
        The rows.
    """
    content = stored.content
    predicted = content.predict(item_space, items.features, items.count)
    rows = new_rows(predicted, config, stored.rows.inputs.shape[1])
    if len(items.changed):
        before = content.predict(item_space, items.trained_features, len(items.trained))
        trained = stored.rows.rows(torch.from_numpy(items.trained))
        changed = changed_rows(trained, before, predicted[items.changed], config)
        for name, tensor in rows.named_tensors().items():
            tensor[torch.from_numpy(items.changed)] = changed.named_tensors()[name]
    return rows


def new_rows(predicted: Float64Array, config: EstimatorConfig, inputs: int) -> ItemRows:
    """Show items as training shows new ones: by what content predicts, and nothing else.

    Args:
        predicted: Quality, factors and components of each item, shape [rows, 1 + F + C].
        config: Configuration.
        inputs: Columns that the encoder reads.

    Returns:
        The rows.
    """
    quality, expected, components = _parts(predicted, config)
    zero = np.zeros(len(predicted))
    laid_out = encoder_inputs(
        *(quality, expected, 0 * expected, quality, zero, zero, zero),
        np.zeros((len(predicted), inputs - 5 - 2 * expected.shape[1])),
    )
    start = np.concatenate([expected, components * config.content_variance**0.5], axis=1)
    return ItemRows(
        _tensor(laid_out), _tensor(start), _tensor(quality), _tensor(zero), _tensor(zero)
    )


def changed_rows(
    rows: ItemRows, before: Float64Array, after: Float64Array, config: EstimatorConfig
) -> ItemRows:
    """Give trained items another content; what their ratings told stays.

    Of a known item, training predicted quality and factors without its own ratings. What the new
    content predicts otherwise than the old is added to that, so that content which did not
    change changes nothing.

    Args:
        rows: As trained.
        before: What the content predicted that they were trained with, shape [rows, 1 + F + C].
        after: What their content predicts now, shape [rows, 1 + F + C].
        config: Configuration.

    Returns:
        The rows.
    """
    old_quality, old_expected, _ = _parts(before, config)
    new_quality, new_expected, components = _parts(after, config)
    inputs = rows.inputs.numpy().astype(np.float64)
    count = rows.count.numpy().astype(np.float64)
    factors = rows.linear.numpy().astype(np.float64)[:, : config.rating_factors]
    known = count > 0
    f = config.rating_factors
    quality = inputs[:, 0] + new_quality - old_quality
    expected = inputs[:, 1 : 1 + f] / 3 + new_expected - old_expected
    factors = np.where(known[:, None], factors, expected)
    _, log_count, spread, is_known = inputs[:, 1 + 2 * f : 5 + 2 * f].T
    damping = config.item_damping
    bias = (rows.residual_sum.numpy() + damping * quality) / (count + damping)
    laid_out = encoder_inputs(
        *(quality, expected, np.where(known[:, None], factors - expected, 0)),
        *(np.where(known, bias, quality), log_count, spread, is_known, inputs[:, 5 + 2 * f :]),
    )
    start = np.concatenate([factors, components * config.content_variance**0.5], axis=1)
    return ItemRows(
        _tensor(laid_out), _tensor(start), _tensor(quality), rows.residual_sum, rows.count
    )


def _parts(
    predicted: Float64Array, config: EstimatorConfig
) -> tuple[npt.NDArray[np.float64], Float64Array, Float64Array]:
    """Quality, expected factors and content components."""
    f = config.rating_factors
    return predicted[:, 0], predicted[:, 1 : 1 + f], predicted[:, 1 + f :]


def _tensor(array: npt.NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
