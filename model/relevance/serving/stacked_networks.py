"""θ of the relevance objective as a service computes with it: the members' weights side by side.

Dimensions: M members, B support sets, W width, H hidden width, A width of a user feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor
from torch.nn import Linear

from model.arrays import Float32Array
from model.relevance.network import RelevanceNetwork
from model.relevance.serving.support_sums import SupportSums


@dataclass(frozen=True)
class BagNetwork:
    """A layer that reads bags and what else there is, relu, and a layer; of all members.

    Attributes:
        of_kind: Reads the bag of each kind, in the order of `Kind`, shape [M, W, H] each; the last
            kinds may go unread.
        of_rest: Reads what else there is, shape [M, inputs, H].
        hidden_bias: Shape [M, 1, H].
        weight: Shape [M, H, outputs].
        bias: Shape [M, 1, outputs].
    """

    of_kind: tuple[Float32Array, ...]
    of_rest: Float32Array
    hidden_bias: Float32Array
    weight: Float32Array
    bias: Float32Array

    @classmethod
    def of(
        cls, layers: Sequence[tuple[Linear, Linear]], width: int, *, reads_unseen: bool
    ) -> BagNetwork:
        """Lay the members' layers side by side.

        Args:
            layers: Of each member, both. The first one reads blocks: what is unseen, where that is
                read at all; what is liked; disliked; all three rated kinds together; and the rest.
            width: W.
            reads_unseen: Whether what is unseen is read.

        Returns:
            The same, by single bags: a layer is linear in what it reads.
        """

        def stacked(tensors: Sequence[Tensor]) -> Float32Array:
            return np.ascontiguousarray(np.stack([one.detach().numpy() for one in tensors]))

        first = stacked([hidden.weight.T for hidden, _ in layers])
        count = 4 if reads_unseen else 3
        blocks = [first[:, at * width : (at + 1) * width] for at in range(count)]
        liked, disliked, rated = blocks[-3:]
        of_kind = (liked + rated, disliked + rated, rated, *blocks[:-3])
        return cls(
            tuple(np.ascontiguousarray(one) for one in of_kind),
            np.ascontiguousarray(first[:, count * width :]),
            stacked([hidden.bias[None] for hidden, _ in layers]),
            stacked([last.weight.T for _, last in layers]),
            stacked([last.bias[None] for _, last in layers]),
        )

    def __call__(
        self, support: SupportSums, rest: Float32Array, shared: Float32Array | None = None
    ) -> Float32Array:
        """Read B support sets.

        Args:
            support: The support sets.
            rest: What else there is of each, shape [M, B, inputs], or with 1 for M or for B.
            shared: What there is of all of them, or of each, and is read before that, shape
                [M, 1, inputs] or [M, B, inputs].

        Returns:
            Shape [M, B, outputs], or with 1 for B where all that is read is shared.
        """
        hidden = np.matmul(rest, self.of_rest[:, -rest.shape[2] :]) + self.hidden_bias
        if shared is not None:
            hidden += np.matmul(shared, self.of_rest[:, : shared.shape[2]])
        for kind, weight in enumerate(self.of_kind):
            if support.counts[kind].any():
                hidden = hidden + np.matmul(support.entry[kind], weight) * support.damping[kind]
        np.maximum(hidden, 0, out=hidden)
        found: Float32Array = np.matmul(hidden, self.weight) + self.bias
        return found


@dataclass(frozen=True)
class StackedNetworks:
    """θ of all members, side by side.

    Attributes:
        embeddings: User feature → one row a slot, shape [M, slots, A].
        start: Reads rated items and the user's features; popularity as it is is added.
        rates: Shape [steps, M, W + 1].
        support_damping: n₀, shape [M, 1].
        dislike: What a dislike counts for, 0 of popularity, shape [M, W + 1].
        move: Reads unknown items, and moves the start.
        known: Reads unknown items, and tells which others are known.
        rate_weight: What the logit of the share of raters counts, shape [M].
    """

    embeddings: dict[str, Float32Array]
    start: BagNetwork
    rates: Float32Array
    support_damping: Float32Array
    dislike: Float32Array
    move: BagNetwork
    known: BagNetwork
    rate_weight: Float32Array

    @classmethod
    def of(cls, networks: Sequence[RelevanceNetwork]) -> StackedNetworks:
        """Lay the members' weights side by side."""

        def stacked(*arrays: object) -> Float32Array:
            return np.ascontiguousarray(np.stack([np.asarray(one) for one in arrays]))

        width = networks[0].width
        popularity = np.zeros(width + 1, dtype=np.float32)
        popularity[-1] = 1
        start = BagNetwork.of(
            [(one.hidden, one.start) for one in networks], width, reads_unseen=False
        )
        dislike = [np.logaddexp(0, one.dislike_log.item()) * (1 - popularity) for one in networks]
        return cls(
            {
                name: stacked(*(one.user_embeddings[at].detach() for one in networks))
                for at, name in enumerate(networks[0].user_features)
            },
            replace(start, bias=start.bias + popularity),
            stacked(*(one.rates.detach() for one in networks)).transpose(1, 0, 2),
            stacked(*([np.exp(one.support_damping_log.item())] for one in networks)).astype("f4"),
            stacked(*dislike).astype(np.float32),
            BagNetwork.of(
                [(one.answers.move_hidden, one.answers.move) for one in networks],
                width,
                reads_unseen=True,
            ),
            BagNetwork.of(
                [(one.answers.known_hidden, one.answers.known) for one in networks],
                width,
                reads_unseen=True,
            ),
            np.array([one.answers.rate_weight.item() for one in networks], dtype=np.float32),
        )
