"""The local update of the relevance objective as a service runs it: NumPy, all members.

It takes one support set, or many that differ by an answer, as what to ask next is chosen by.

The reference is `model.relevance.local_update`; `tests/model/relevance/test_serving.py` holds the
two together.

Dimensions: M members, B support sets, n answers, S sampled items, W width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor
from torch.nn import Linear

from model.answers import Answer, Kind
from model.arrays import Float32Array, Float64Array, Int64Array
from model.relevance.answer_network import COUNT_SCALE
from model.relevance.comparisons import OfferedVectors, asked
from model.relevance.network import RelevanceNetwork


@dataclass(frozen=True)
class TwoLayers:
    """A layer, relu, and a layer, of all members side by side.

    Attributes:
        hidden_weight: Shape [M, inputs, H].
        hidden_bias: Shape [M, 1, H].
        weight: Shape [M, H, outputs].
        bias: Shape [M, 1, outputs].
    """

    hidden_weight: Float32Array
    hidden_bias: Float32Array
    weight: Float32Array
    bias: Float32Array

    @classmethod
    def of(cls, layers: Sequence[tuple[Linear, Linear]]) -> TwoLayers:
        """Lay the members' layers side by side."""

        def stacked(tensors: Sequence[Tensor]) -> Float32Array:
            return np.ascontiguousarray(np.stack([one.detach().numpy() for one in tensors]))

        return cls(
            stacked([hidden.weight.T for hidden, _ in layers]),
            stacked([hidden.bias[None] for hidden, _ in layers]),
            stacked([last.weight.T for _, last in layers]),
            stacked([last.bias[None] for _, last in layers]),
        )

    def __call__(self, read: Float32Array) -> Float32Array:
        """Return what the layers make of shape [M, B, inputs], shape [M, B, outputs]."""
        hidden = np.maximum(np.matmul(read, self.hidden_weight) + self.hidden_bias, 0)
        found: Float32Array = np.matmul(hidden, self.weight) + self.bias
        return found


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
        move: Reads unknown items, and moves the start.
        known: Reads unknown items, and tells which others are known.
        rate_weight: What the logit of the share of raters counts, shape [M].
    """

    embeddings: dict[str, Float32Array]
    hidden_weight: Float32Array
    hidden_bias: Float32Array
    start_weight: Float32Array
    start_bias: Float32Array
    rates: Float32Array
    support_damping: Float32Array
    dislike: Float32Array
    move: TwoLayers
    known: TwoLayers
    rate_weight: Float32Array

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
            TwoLayers.of([(one.answers.move_hidden, one.answers.move) for one in networks]),
            TwoLayers.of([(one.answers.known_hidden, one.answers.known) for one in networks]),
            np.array([one.answers.rate_weight.item() for one in networks], dtype=np.float32),
        )


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


@dataclass(frozen=True)
class SupportSums:
    """Bags of B support sets; their kinds are liked, disliked, rated else, and unseen.

    Attributes:
        entry: Sums of e of each kind, shape [4, M, B, W].
        output: Sums of ō of what is liked and disliked, shape [2, M, B, W + 1].
        counts: How many there are of each kind, shape [4, B].
        asked: The choice among what was asked about.
        compared: What was compared, the same in all of them.
    """

    entry: Float32Array
    output: Float32Array
    counts: Float32Array
    asked: OfferedVectors
    compared: tuple[OfferedVectors, ...] = ()

    @property
    def offered(self) -> tuple[OfferedVectors, ...]:
        """All choices among what was offered."""
        return (*self.compared, self.asked) if self.asked.is_choice else self.compared

    @property
    def rated(self) -> Float32Array:
        """How many ratings there are, shape [B]."""
        found: Float32Array = self.counts[: Kind.UNSEEN].sum(0)
        return found

    @classmethod
    def of(
        cls,
        entry: Float32Array,
        output: Float32Array,
        answers: Sequence[Answer],
        members: int,
    ) -> SupportSums:
        """Sum over one support set.

        Args:
            entry: e of its items, shape [n, M W].
            output: ō of its items, shape [n, M (W + 1)].
            answers: What was answered, n of them.
            members: M.

        Returns:
            The bags of B = 1.
        """
        weights = np.zeros((len(Kind), len(answers)), dtype=np.float32)
        for place, one in enumerate(answers):
            weights[one.kind, place] = one.weight
        return cls(
            (weights @ entry).reshape(len(Kind), members, 1, -1),
            (weights[:2] @ output).reshape(2, members, 1, -1),
            weights.sum(1, keepdims=True),
            asked(output, answers, members),
        )

    def with_one_more(self, entry: Float32Array, output: Float32Array, kind: Kind) -> SupportSums:
        """Ask one more question of B = 1 support set, another in each copy of it.

        Args:
            entry: e of the items that are answered, shape [M, n, W].
            output: ō of the same, shape [M, n, W + 1].
            kind: What is answered.

        Returns:
            The bags of n support sets.
        """
        count = entry.shape[1]
        entries, outputs = np.repeat(self.entry, count, 2), np.repeat(self.output, count, 2)
        counts = np.repeat(self.counts, count, 1)
        entries[kind] += entry
        counts[kind] += 1
        if kind in (Kind.LIKED, Kind.DISLIKED):
            outputs[kind] += output
        shown = self.asked.with_one_more(output, kind)
        return SupportSums(entries, outputs, counts, shown, self.compared)

    def with_comparison(self, offered: OfferedVectors) -> SupportSums:
        """Add what was chosen of what was offered, to all of them."""
        return replace(self, compared=(*self.compared, offered))


def amortised_start(
    theta: StackedNetworks, slots: Mapping[str, list[int]], support: SupportSums
) -> Float32Array:
    """Step 1 of the local update: read the support set as bags.

    Args:
        theta: θ.
        slots: User feature → slots of the user's values.
        support: The support sets.

    Returns:
        ū of each member, shape [M, B, W + 1].
    """
    counts = support.counts[:, :, None]
    _, members, several, _ = support.entry.shape
    rated = counts[: Kind.UNSEEN].sum(0)
    liked, disliked, others = support.entry[: Kind.UNSEEN] * (rated + 1) ** np.float32(-0.5)
    # Where nobody likes anything the network does not see what is disliked.
    disliked *= counts[Kind.LIKED] / np.maximum(counts[Kind.LIKED] + counts[Kind.DISLIKED], 1)
    read = [liked, disliked, liked + others + disliked]
    for name, table in theta.embeddings.items():
        mine = slots[name]
        of_user = table[:, mine[0]] if len(mine) == 1 else table[:, mine].mean(1)
        read.append(np.broadcast_to(of_user[:, None], (members, several, table.shape[2])))
    size = np.broadcast_to(np.log1p(rated) / np.float32(COUNT_SCALE), (members, several, 1))
    inputs = np.concatenate([*read, size], axis=2)
    hidden = np.maximum(np.matmul(inputs, theta.hidden_weight) + theta.hidden_bias[:, None], 0)
    start: Float32Array = np.matmul(hidden, theta.start_weight) + theta.start_bias[:, None]
    unseen = counts[Kind.UNSEEN]
    if unseen.any():
        start += theta.move(read_answers(support)) * (unseen > 0)
    return start


def read_answers(support: SupportSums) -> Float32Array:
    """Lay out what unknown items are read by; see `model.relevance.answer_network.read_answers`.

    Args:
        support: The support sets.

    Returns:
        x, shape [M, B, 4 W + 2].
    """
    counts = support.counts[:, :, None]
    _, members, several, _ = support.entry.shape
    rated, unseen = counts[: Kind.UNSEEN].sum(0), counts[Kind.UNSEEN]
    liked, disliked, others = support.entry[: Kind.UNSEEN] * (rated + 1) ** np.float32(-0.5)
    disliked *= counts[Kind.LIKED] / np.maximum(counts[Kind.LIKED] + counts[Kind.DISLIKED], 1)
    sizes = np.concatenate([np.log1p(unseen), np.log1p(rated)], axis=1) / np.float32(COUNT_SCALE)
    return np.concatenate(
        [
            support.entry[Kind.UNSEEN] * (unseen + 1) ** np.float32(-0.5),
            liked,
            disliked,
            liked + others + disliked,
            np.broadcast_to(sizes, (members, several, 2)),
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
