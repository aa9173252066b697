"""What serving builds before the first user asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.bundle.weights_file import WeightsFile
from model.relevance.model import RelevanceModel
from model.relevance.serving.likely_items import likely_items
from model.relevance.stored_weights import ENTRY, read_choice_table

_SEED = 0
_DRAWN_USERS, _DRAWN_LIKES = 200, 5


def prepare(model: RelevanceModel, file: WeightsFile | None = None) -> None:
    """Build what serving needs, so that no first user waits for it.

    Args:
        model: θ; what is built is kept with it.
        file: What the model was restored from, if from a file; see `Estimator.prepare`.
    """
    drawn = np.random.default_rng(_SEED).integers(
        0, len(model.vectors.bundled), (_DRAWN_USERS, _DRAWN_LIKES)
    )
    nobody, liked = model.user_space.slots({}), model.scale[1]
    weights = np.stack(
        [model.adapt(nobody, [(one, liked) for one in items]).weights for items in drawn.tolist()]
    )
    popularity = np.zeros((model.members, model.config.width + 1), dtype=np.float32)
    popularity[:, -1] = 1 / model.members
    usual = popularity.ravel()
    table = model.vectors.bundled.with_contenders(usual, weights)
    model.vectors = replace(model.vectors, bundled=table)
    likely_items(model, model.adapted_to([]), 1)
    # Here, so that all that live items bring about shares them.
    assert model.groups is not None  # noqa: S101
    if file is not None and file.is_large:
        # All of the file was read so far; from here on only what a user's list needs is.
        fresh = read_choice_table(file.tensors())
        fresh = replace(fresh, entry=fresh.entry.in_file(file.rows(ENTRY)))
        model.learnt = replace(model.learnt, table=fresh)
        model.vectors = replace(model.vectors, bundled=fresh)
