"""What content predicts of any item, new ones included: one vector a feature value.

Whatever is learnt from content is linear in its rows (`model.content.content`), so a bundle keeps,
for each value that training knew, the vector that it adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from torch import Tensor

from model.arrays import Float64Array
from model.content.content import ItemContent, raw_rows
from model.errors import BundleError
from model.features import FeatureSpace

_INTERCEPT = "intercept"


@dataclass(frozen=True)
class FeatureTable:
    """What the values of one feature predict.

    Attributes:
        place: Where each value stands among the encoder's labels, shape [values].
        inverse_frequency: How much each value tells: a word of a text by its inverse frequency,
            1 elsewhere. Shape [values].
        vectors: What each value adds, shape [values, targets].
    """

    place: npt.NDArray[np.int64]
    inverse_frequency: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32]


@dataclass(frozen=True)
class ContentTables:
    """Content regressions, ready for items that training never saw.

    Attributes:
        features: Feature → its table; only features that predict something have one.
        intercept: What every item begins with, shape [targets].
    """

    features: dict[str, FeatureTable]
    intercept: npt.NDArray[np.float32]

    @classmethod
    def of(
        cls,
        content: ItemContent,
        space: FeatureSpace,
        vectors: Mapping[str, Float64Array],
        intercept: npt.NDArray[np.float64],
    ) -> ContentTables:
        """Take over what was fitted.

        Args:
            content: What the regressions were fitted to.
            space: The encoders that items will be encoded with; they know all that `content` does.
            vectors: Feature → what each of the values that `content` knows adds.
            intercept: Shape [targets].

        Returns:
            The tables.
        """
        features = {}
        for name, table in vectors.items():
            place_of = {value: place for place, value in enumerate(space.encoders[name].labels)}
            known = content.space.encoders[name].labels
            features[name] = FeatureTable(
                np.array([place_of[value] for value in known], dtype=np.int64),
                content.value_weights[name].astype(np.float32),
                table.astype(np.float32),
            )
        return cls(features, intercept.astype(np.float32))

    def predict(self, space: FeatureSpace, table: pl.DataFrame, count: int) -> Float64Array:
        """Predict the targets of items.

        Args:
            space: The encoders.
            table: A column a feature.
            count: Number of items; the table of items without features has no rows.

        Returns:
            Shape [items, targets].
        """
        found = np.tile(self.intercept.astype(np.float64), (count, 1))
        encoded = space.encode_table(table)
        for name, one in self.features.items():
            encoder = space.encoders[name]
            rows = raw_rows(encoded[name], encoder.slots)[:, one.place]
            rows.eliminate_zeros()
            weights = one.inverse_frequency.astype(np.float64)
            found += encoder.kind.content_rows(rows, weights) @ one.vectors
        return found

    def named_tensors(self, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Return every tensor under its name.

        Args:
            names: The features in the encoders' order; a tensor is named after the place.

        Returns:
            Name → tensor.
        """
        named = {_INTERCEPT: torch.from_numpy(self.intercept)}
        for at, name in enumerate(names):
            if name in self.features:
                for part, array in vars(self.features[name]).items():
                    named[f"{at}.{part}"] = torch.from_numpy(array)
        return named

    @classmethod
    def from_named_tensors(
        cls, tensors: Mapping[str, Tensor], names: tuple[str, ...]
    ) -> ContentTables:
        """Put together what `named_tensors` took apart; see `expected_tensors`."""
        features = {}
        for at, name in enumerate(names):
            parts = [tensors.get(f"{at}.{part}") for part in FeatureTable.__annotations__]
            if all(part is not None for part in parts):
                features[name] = FeatureTable(*(part.numpy() for part in parts if part is not None))
        return cls(features, tensors[_INTERCEPT].numpy())


def expected_tensors(
    found: Mapping[str, Tensor], space: FeatureSpace, targets: int
) -> Iterator[tuple[str, Tensor]]:
    """Tell what tensors a bundle's content tables should be, given how many values they know.

    Args:
        found: The stored tensors.
        space: The encoders.
        targets: Number of targets.

    Yields:
        Name and a tensor of the right shape and type.

    Raises:
        BundleError: If a value's place is not in the vocabulary, or two have one place.
    """
    yield _INTERCEPT, torch.zeros(targets)
    for at, (name, encoder) in enumerate(space.encoders.items()):
        place = found.get(f"{at}.place")
        if place is None or not encoder.kind.has_content_rows:
            continue
        count = place.shape[0] if place.ndim == 1 else 0
        known = np.unique(place.numpy()) if place.dtype == torch.int64 else np.empty(0)
        if len(known) and not (
            len(known) == count and known[0] >= 0 and known[-1] < encoder.slots - 1
        ):
            raise BundleError(f"the content tables do not fit the vocabulary of {name!r}")
        yield f"{at}.place", torch.zeros(count, dtype=torch.int64)
        yield f"{at}.inverse_frequency", torch.zeros(count)
        yield f"{at}.vectors", torch.zeros(count, targets)
