"""The weights of a bundle as the start of another training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.errors import BundleError

if TYPE_CHECKING:
    from model.bundle.bundle import Bundle
    from model.data.dataset import Dataset
    from model.estimator import Estimator
    from model.presets import Preset
    from model.relevance import RelevanceModel

NEW = -1
"""In the place of what the bundle does not have."""


@dataclass(frozen=True)
class Start:
    """What a training begins with instead of random weights.

    Attributes:
        version: Of the bundle.
        estimator: θ of the predicted ratings, if the bundle has it.
        relevance: θ of the chances, if the bundle has it.
        item_of: For each item of the data its index in the bundle, `NEW` for a new one.
    """

    version: str
    estimator: Estimator | None
    relevance: RelevanceModel | None
    item_of: Int64Array

    @classmethod
    def of(cls, bundle: Bundle, dataset: Dataset, preset: Preset) -> Start:
        """Take a bundle for the start of a training.

        Args:
            bundle: The bundle; it need not be prepared for serving.
            dataset: What will be learnt from.
            preset: What will be trained.

        Returns:
            The start.

        Raises:
            BundleError: If its weights are of another model, or of other data.
        """
        manifest = bundle.manifest
        remedy = "Train without --from, or with what the bundle was trained with."
        if type(manifest.preset) is not type(preset):
            raise BundleError(
                f"{manifest.version} is of the preset {manifest.preset.name}, and {preset.name} is "
                f"to be trained: neither can start from the other. {remedy}"
            )
        if manifest.rating_scale != (dataset.scale if dataset.has_ratings else None):
            raise BundleError(
                f"{manifest.version} has the rating scale {manifest.rating_scale}, and the data "
                f"have another. {remedy}"
            )
        used = dataset.of_preset(preset.name)
        for what, space, columns in (
            ("users", bundle.user_space, used.user_features.columns),
            ("items", bundle.item_space, used.item_features.columns),
        ):
            if lost := [name for name in space.names if name not in columns]:
                raise BundleError(
                    f"{manifest.version} knows a feature {lost[0]!r} of {what} that the data do "
                    f"not have, or that is the same everywhere. {remedy}"
                )
        index_of = bundle.catalogue.index_of
        items = [index_of.get(item_id, NEW) for item_id in dataset.item_ids]
        return cls(
            manifest.version, bundle.rating, bundle.relevance, np.array(items, dtype=np.int64)
        )


def carried(new: Tensor, old: Tensor, *places: Int64Array | None) -> Tensor:
    """Return new weights in which those stand that the old ones have a place for.

    Args:
        new: Weights as they would begin.
        old: Learnt ones.
        *places: For each axis, the old place of each new one, or `NEW`; None where they are the
            same. Further axes are the same.

    Returns:
        A copy of `new` with what is shared.

    Raises:
        BundleError: If an axis that should be the same is not.
    """
    axes = [*places, *[None] * (new.ndim - len(places))]
    into, of = [], []
    for axis, place in enumerate(axes):
        if place is None:
            if new.shape[axis] != old.shape[axis]:
                raise BundleError(
                    "the bundle's configuration has other widths than what is to be trained; "
                    "train without --from, or with the bundle's configuration."
                )
            place = np.arange(new.shape[axis])
        shared = np.flatnonzero(place != NEW)
        into.append(torch.from_numpy(shared))
        of.append(torch.from_numpy(place[shared]))
    found = new.detach().clone()
    if not into:
        return old.detach().clone()
    found[torch.meshgrid(*into, indexing="ij")] = old.detach()[torch.meshgrid(*of, indexing="ij")]
    return found


def grown(new: int, old: int) -> Int64Array:
    """Return places of an axis that was longer or shorter before, beginning alike."""
    places = np.arange(new, dtype=np.int64)
    places[old:] = NEW
    return places


def joined(*parts: tuple[Int64Array, int]) -> Int64Array:
    """Return places of an axis that is put together of several.

    Args:
        *parts: Places within a part, and how long the part was before.

    Returns:
        Places of the whole axis.
    """
    found, begin = [], 0
    for places, old in parts:
        found.append(np.where(places == NEW, NEW, places + begin))
        begin += old
    return np.concatenate(found)


def blocks(new: tuple[str, ...], old: tuple[str, ...], width: int) -> Int64Array:
    """Return places of an axis with a block of `width` for each feature.

    Args:
        new: The features now.
        old: Those before.
        width: Of a block.

    Returns:
        Places; blocks of features that are new are `NEW`.
    """
    found = [
        np.arange(width) + old.index(name) * width if name in old else np.full(width, NEW)
        for name in new
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *found]).astype(np.int64)
