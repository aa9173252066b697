"""How far a like of each item would move a user's own vector; what makes it worth a question."""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array
from model.relevance.adapted_user import RelevanceUser
from model.relevance.model import RelevanceModel
from model.relevance.serving.item_table import ChoiceTable

_CHUNK = 8_192


def discrimination(model: RelevanceModel, user: RelevanceUser) -> Float32Array:
    """Tell how far a like of each item would move the user's own vector.

    The gradient of the choice loss is ō_i − E_p[ō]; its length, averaged over the members.

    Args:
        model: θ.
        user: What `RelevanceModel.adapt` returned.

    Returns:
        Not negative, shape [items].
    """
    members, width = model.members, model.config.width + 1
    weights = user.weights.reshape(members, width) * np.float32(members)
    expected = model.sample.expected(weights[:, None])[:, 0]

    def lengths(table: ChoiceTable) -> Float32Array:
        found = np.empty(len(table), dtype=np.float32)
        for start in range(0, len(table), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            output = table.output.rows(chunk).reshape(-1, members, width)
            found[chunk] = np.sqrt(np.square(output - expected).sum(2)).mean(1)
        return found

    return model.vectors.every(lengths)
