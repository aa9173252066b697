"""What a relevance network reads of an item's content: principal components, and number bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.content.content import ItemContent, principal_axes
from model.content.item_bias_prior import taste_weights
from model.content.predictor import ContentTables
from model.data.dataset import Dataset
from model.features import FeatureSpace


@dataclass(frozen=True)
class ContentInputs:
    """Turns any item's features into C numbers.

    Attributes:
        tables: From categories and texts to their principal components.
        numbers: The features whose kind has no content rows, such as numbers: each is shown as
            its slot.
    """

    tables: ContentTables
    numbers: tuple[str, ...]

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        space: FeatureSpace,
        rated: Int64Array,
        width: int,
        random: np.random.Generator,
    ) -> ContentInputs:
        """Learn the components from the items that were rated.

        Args:
            dataset: Items and their features.
            space: Encoders of the item features.
            rated: Those items.
            width: Most components.
            random: Source of the solver's start.

        Returns:
            What turns features into inputs.
        """
        known = np.zeros(len(dataset.item_ids), dtype=np.bool_)
        known[rated] = True
        content = ItemContent.fit(dataset.item_features, dataset.item_feature_kinds, known, random)
        rows = content.rows(taste_weights())
        axes = principal_axes(rows, known, width, random)
        tables = ContentTables.of(
            content, space, content.by_value(axes, taste_weights()), np.zeros(axes.shape[1])
        )
        return cls(tables, slot_features(space))

    def of_items(self, space: FeatureSpace, table: pl.DataFrame, count: int) -> Float32Array:
        """Return the inputs of items.

        Args:
            space: Encoders of the item features.
            table: A column a feature.
            count: Number of items; the table of items without features has no rows.

        Returns:
            Shape [items, C].
        """
        parts = [self.tables.predict(space, table, count).astype(np.float32)]
        for name in self.numbers:
            encoder = space.encoders[name]
            slots = [(encoder.encode(value) or [0])[0] for value in table.get_column(name)]
            parts.append(np.eye(encoder.slots, dtype=np.float32)[slots])
        return np.concatenate(parts, axis=1)

    def tensor(self, space: FeatureSpace, table: pl.DataFrame, count: int) -> Tensor:
        """Return `of_items` as a tensor."""
        return torch.from_numpy(self.of_items(space, table, count))


def slot_features(space: FeatureSpace) -> tuple[str, ...]:
    """Name the features that are shown as their slot."""
    return tuple(name for name, kind in space.kinds.items() if not kind.has_content_rows)
