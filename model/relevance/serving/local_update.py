"""The local update of the relevance objective as a service runs it: NumPy, all members.

It takes one support set, or many that differ by an answer, as what to ask next is chosen by.

The reference is `model.relevance.local_update`; `tests/model/relevance/test_serving.py` holds the
two together.

Dimensions: M members, B support sets, n answers, S sampled items, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.answers import Kind
from model.arrays import Float32Array, Float64Array, Int64Array
from model.features import Slots
from model.relevance.serving.stacked_networks import StackedNetworks
from model.relevance.serving.support_sums import SupportSums


@dataclass(frozen=True)
class SampledItems:
    """Items that stand for the catalogue.

    Attributes:
        index: Which items, shape [S].
        output: ō of the items, shape [M, S, W + 1].
        log_weight: ln of how many items each stands for, shape [S].
    """

    index: Int64Array
    output: Float32Array
    log_weight: Float32Array

    def expected(self, vector: Float32Array) -> Float32Array:
        """Return E_p[ō] of members' own vectors ū, shape [M, B, W + 1]."""
        logits = np.matmul(vector, self.output.transpose(0, 2, 1)) + self.log_weight
        chance = np.exp(logits - logits.max(2, keepdims=True))
        chance /= chance.sum(2, keepdims=True)
        found: Float32Array = np.matmul(chance, self.output)
        return found

    def log_totals(self, weights: Float32Array) -> Float64Array:
        """Estimate ln Σ_i exp(w · ō_i) over the catalogue.

        Args:
            weights: Of the members' vectors side by side, shape [M, B, W + 1].

        Returns:
            The logarithm of each sum, shape [B].
        """
        logits = np.matmul(weights, self.output.transpose(0, 2, 1)).sum(0) + self.log_weight
        highest = logits.max(1, keepdims=True)
        total: Float64Array = np.log(np.exp(logits - highest).sum(1)) + highest[:, 0]
        return total


def amortised_start(
    theta: StackedNetworks, users: Sequence[Slots], support: SupportSums
) -> Float32Array:
    """Step 1 of the local update: read the support set as bags.

    Args:
        theta: θ.
        users: User feature → slots of the user's values; of the user whose support sets all are,
            or of the user of each.
        support: The support sets.

    Returns:
        ū of each member, shape [M, B, W + 1], or with 1 for B where all that is read is shared.
    """
    sizes = support.sizes
    embedded = [_embedded(theta, slots) for slots in users] if theta.embeddings else []
    shared = np.concatenate(embedded, axis=1) if embedded else None
    start = theta.start(support, sizes[:, :, 1:], shared)
    unseen = support.counts[Kind.UNSEEN][:, None]
    if unseen.any():
        start = start + theta.move(support, sizes) * (unseen > 0)
    return start


def _embedded(theta: StackedNetworks, slots: Slots) -> Float32Array:
    """Embed a user's features, shape [M, 1, all widths]."""
    return np.concatenate(
        [
            table[:, mine] if len(mine) == 1 else table[:, mine].mean(1, keepdims=True)
            for table, mine in ((table, slots[name]) for name, table in theta.embeddings.items())
        ],
        axis=2,
    )


def gradient_steps(
    theta: StackedNetworks, vector: Float32Array, support: SupportSums, sample: SampledItems
) -> Float32Array:
    """Step 2 of the local update: descend the choice loss of the support set.

    Args:
        theta: θ.
        vector: ū to begin with, shape [M, B, W + 1].
        support: The support sets.
        sample: Stands for the catalogue.

    Returns:
        ū after the steps, shape [M, B, W + 1].
    """
    counts = support.counts[:, :, None]
    liked, disliked = counts[Kind.LIKED], counts[Kind.DISLIKED]
    rated = counts[: Kind.UNSEEN].sum(0)
    if not liked.any() and not disliked.any():
        return vector
    of_likes = np.float32(1) / (liked + theta.support_damping[:, None])
    of_dislikes = theta.dislike[:, None] / (rated + 1)
    for rate in theta.rates:
        expected = sample.expected(vector)
        step = (support.output[Kind.LIKED] - liked * expected) * of_likes
        step -= (support.output[Kind.DISLIKED] - disliked * expected) * of_dislikes
        vector = vector + rate[:, None] * step
    return vector
