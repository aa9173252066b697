"""The local update of the relevance objective as a service runs it: one user, NumPy, all members.

The reference is `model.relevance.local_update`; `tests/model/relevance/test_serving.py` holds the
two together.

Dimensions: M members, n ratings, S sampled items, W width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.arrays import BoolArray, Float32Array
from model.relevance.local_update import COUNT_SCALE
from model.relevance.network import RelevanceNetwork


@dataclass(frozen=True)
class StackedNetworks:
    """θ of all members, side by side.

    Attributes:
        embeddings: User feature → one row a slot, shape [M, slots, A].
        hidden_weight: Shape [M, inputs, H].
        hidden_bias: Shape [M, H].
        start_weight: Shape [M, H, W + 1].
        start_bias: Popularity as it is is added, shape [M, W + 1].
        rates: Shape [steps, M, W + 1].
        support_damping: n₀, shape [M, 1].
        dislike: What a dislike counts for, 0 of popularity, shape [M, W + 1].
    """

    embeddings: dict[str, Float32Array]
    hidden_weight: Float32Array
    hidden_bias: Float32Array
    start_weight: Float32Array
    start_bias: Float32Array
    rates: Float32Array
    support_damping: Float32Array
    dislike: Float32Array

    @classmethod
    def of(cls, networks: Sequence[RelevanceNetwork]) -> StackedNetworks:
        """Lay the members' weights side by side."""

        def stacked(*arrays: object) -> Float32Array:
            return np.ascontiguousarray(np.stack([np.asarray(one) for one in arrays]))

        width = networks[0].width
        popularity = np.zeros(width + 1, dtype=np.float32)
        popularity[-1] = 1
        dislike = [np.logaddexp(0, one.dislike_log.item()) * (1 - popularity) for one in networks]
        return cls(
            {
                name: stacked(*(one.user_embeddings[at].detach() for one in networks))
                for at, name in enumerate(networks[0].user_features)
            },
            stacked(*(one.hidden.weight.detach().T for one in networks)),
            stacked(*(one.hidden.bias.detach() for one in networks)),
            stacked(*(one.start.weight.detach().T for one in networks)),
            stacked(*(one.start.bias.detach().numpy() + popularity for one in networks)),
            stacked(*(one.rates.detach() for one in networks)).transpose(1, 0, 2),
            stacked(*([np.exp(one.support_damping_log.item())] for one in networks)).astype("f4"),
            stacked(*dislike).astype(np.float32),
        )


@dataclass(frozen=True)
class SampledItems:
    """Items that stand for the catalogue.

    Attributes:
        output: ō of the items, shape [M, S, W + 1].
        log_weight: ln of how many items each stands for, shape [S].
    """

    output: Float32Array
    log_weight: Float32Array

    def expected(self, vector: Float32Array) -> Float32Array:
        """Return E_p[ō] of each member's own vector ū, shape [M, W + 1]."""
        logits = np.matmul(self.output, vector[:, :, None])[:, :, 0] + self.log_weight
        chance = np.exp(logits - logits.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        found: Float32Array = np.matmul(chance[:, None], self.output)[:, 0]
        return found

    def log_total(self, weights: Float32Array) -> float:
        """Estimate ln Σ_i exp(w · ō_i) over the catalogue.

        Args:
            weights: Of the members' vectors side by side, shape [M, W + 1].

        Returns:
            The logarithm of the sum.
        """
        logits = np.matmul(self.output, weights[:, :, None])[:, :, 0].sum(0) + self.log_weight
        highest = logits.max()
        return float(highest + np.log(np.exp(logits - highest).sum()))


@dataclass(frozen=True)
class SupportVectors:
    """A support set of n ratings.

    Attributes:
        entry: e of the items, shape [n, M, W].
        output: ō of the items, shape [n, M, W + 1].
        liked: Which of them are liked, shape [n].
        disliked: Which of them are disliked, shape [n].
    """

    entry: Float32Array
    output: Float32Array
    liked: BoolArray
    disliked: BoolArray

    def __len__(self) -> int:
        return len(self.liked)

    @cached_property
    def kinds(self) -> Float32Array:
        """1 where a rating is a like, a dislike, or neither, shape [3, n]."""
        neither = ~(self.liked | self.disliked)
        return np.stack([self.liked, self.disliked, neither]).astype(np.float32)

    @cached_property
    def likes_and_dislikes(self) -> tuple[float, float]:
        """How many there are of each."""
        return float(np.count_nonzero(self.liked)), float(np.count_nonzero(self.disliked))


def amortised_start(
    theta: StackedNetworks, slots: Mapping[str, list[int]], support: SupportVectors
) -> Float32Array:
    """Step 1 of the local update: read the support set as bags.

    Args:
        theta: θ.
        slots: User feature → slots of the user's values.
        support: The support set.

    Returns:
        ū of each member, shape [M, W + 1].
    """
    count, members = len(support), len(theta.hidden_bias)
    likes, dislikes = support.likes_and_dislikes
    width = support.entry.shape[2]
    bags = (support.kinds @ support.entry.reshape(count, members * width)).reshape(3, members, -1)
    bags *= np.float32((count + 1) ** -0.5)
    # Where nobody likes anything the network does not see what is disliked.
    bags[1] *= np.float32(likes / max(likes + dislikes, 1))
    read = [bags[0], bags[1], bags[0] + bags[2] + bags[1]]
    for name, table in theta.embeddings.items():
        mine = slots[name]
        read.append(table[:, mine[0]] if len(mine) == 1 else table[:, mine].mean(1))
    read.append(np.full((members, 1), np.log1p(count) / COUNT_SCALE, dtype=np.float32))
    inputs = np.concatenate(read, axis=1)[:, None]
    hidden = np.maximum(np.matmul(inputs, theta.hidden_weight)[:, 0] + theta.hidden_bias, 0)
    start: Float32Array = np.matmul(hidden[:, None], theta.start_weight)[:, 0] + theta.start_bias
    return start


def gradient_steps(
    theta: StackedNetworks, vector: Float32Array, support: SupportVectors, sample: SampledItems
) -> Float32Array:
    """Step 2 of the local update: descend the choice loss of the support set.

    Args:
        theta: θ.
        vector: ū to begin with, shape [M, W + 1].
        support: The support set.
        sample: Stands for the catalogue.

    Returns:
        ū after the steps, shape [M, W + 1].
    """
    count, members = len(support), len(vector)
    if not count:
        return vector
    likes, dislikes = support.likes_and_dislikes
    sums = (support.kinds[:2] @ support.output.reshape(count, -1)).reshape(2, members, -1)
    of_likes = np.float32(1) / (np.float32(likes) + theta.support_damping)
    of_dislikes = theta.dislike / np.float32(count + 1)
    for rate in theta.rates:
        expected = sample.expected(vector)
        step = (sums[0] - np.float32(likes) * expected) * of_likes
        step -= (sums[1] - np.float32(dislikes) * expected) * of_dislikes
        vector = vector + rate * step
    return vector
