"""What is known of items that were put after training: what their content gives."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch

from model.arrays import Float32Array
from model.features import FeatureSpace
from model.live_items import LiveItems
from model.relevance.serving.item_table import ChoiceTable
from model.relevance.serving.vectors import Vectors
from model.relevance.stored_weights import Learnt


def live_table(items: LiveItems, learnt: Learnt, item_space: FeatureSpace) -> ChoiceTable:
    """Lay live items out; a trained one with another content keeps what its ratings told.

    Args:
        items: The items.
        learnt: What training found.
        item_space: Encoders of the item features.

    Returns:
        The table.
    """
    entry, output = _of_content(items.features, items.count, learnt, item_space)
    ratings = np.zeros(items.count, dtype=np.float32)
    if len(items.changed):
        old_entry, old_output = _of_content(
            items.trained_features, len(items.trained), learnt, item_space
        )
        trained = learnt.table
        # What is known of an item beyond its content stays.
        entry[items.changed] += trained.entry.rows(items.trained) - old_entry
        output[items.changed] += trained.output.rows(items.trained) - old_output
        ratings[items.changed] = trained.ratings[items.trained]
    return ChoiceTable(Vectors.of(entry), Vectors.of(output), ratings)


def _of_content(
    features: pl.DataFrame, count: int, learnt: Learnt, item_space: FeatureSpace
) -> tuple[Float32Array, Float32Array]:
    """Entry and output vectors of all members that content alone gives."""
    inputs = learnt.content.tensor(item_space, features, count)
    with torch.no_grad():
        found = [one.of_content(inputs) for one in learnt.networks]
    entry = torch.cat([one.entry for one in found], dim=1).numpy()
    return entry, torch.cat([one.output for one in found], dim=1).numpy()
