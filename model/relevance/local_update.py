"""The local update of the relevance objective, whole: θ and a support set in, ū out.

1. An amortised start: a network reads the support set as bags of entry vectors, and another one
   (`model.relevance.answer_network`) moves that where items were shown and not known.
2. Gradient steps of the choice loss on ū, with learnt rates: towards the likes and away from the
   dislikes, beside what ū expects to be chosen anyway.

All of it can be differentiated through, so that the global update learns what it starts from. This
is what training runs, and the reference for the fast copy that serves,
`model.relevance.serving.local_update`, which `tests/model/relevance/test_serving.py` holds to it.

Dislikes alone never bring more of the same: where there are no likes the network does not see
them, and all that they do is to be subtracted.

Dimensions: B episodes, I items, S sampled items, W width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.arrays import BoolArray, Int64Array
from model.features import EncodedTable
from model.relevance.answer_network import COUNT_SCALE, NO_DROPOUT, Dropout, read_answers
from model.relevance.network import RelevanceNetwork, RepresentedItems

LIKED, DISLIKED, RATED, UNSEEN = range(4)
KINDS = 4


@dataclass(frozen=True)
class SupportBags:
    """The support sets of B episodes: for each the items liked, disliked, rated else, and unseen.

    Attributes:
        index: Items, all liked ones of the first episode first, shape [total].
        offsets: Where each bag begins: B bags of liked items, B of disliked, B of others, B of
            unseen ones.
        counts: Items in each bag, shape [4, B].
    """

    index: Tensor
    offsets: Tensor
    counts: Tensor

    @classmethod
    def of(
        cls,
        item_index: Int64Array,
        mask: BoolArray,
        liked: BoolArray,
        disliked: BoolArray,
        unseen: BoolArray | None = None,
    ) -> SupportBags:
        """Sort padded support sets into bags.

        Args:
            item_index: Items, shape [B, n].
            mask: Which places hold an answer, shape [B, n].
            liked: Which are likes, shape [B, n].
            disliked: Which are dislikes, shape [B, n].
            unseen: Which are of items that the user did not know, shape [B, n]; none if None.

        Returns:
            The bags.
        """
        unknown = np.zeros_like(mask) if unseen is None else mask & unseen
        rated = mask & ~unknown
        kinds = np.stack([rated & liked, rated & disliked, rated & ~liked & ~disliked, unknown])
        counts = kinds.sum(2)
        every = np.broadcast_to(item_index, kinds.shape)[kinds]
        starts = np.cumsum(counts) - counts.ravel()
        return cls(
            torch.from_numpy(every.astype(np.int64)),
            torch.from_numpy(starts.astype(np.int64)),
            torch.from_numpy(counts.astype(np.float32)),
        )

    def sums(self, table: Tensor) -> Tensor:
        """Sum the rows of a table over each bag, shape [4, B, columns]."""
        summed = functional.embedding_bag(self.index, table, self.offsets, mode="sum")
        return summed.view(KINDS, self.counts.shape[1], table.shape[1])


@dataclass(frozen=True)
class CatalogueSample:
    """Items that stand for the catalogue where a sum over all of it is due.

    Attributes:
        output: ō of the items, shape [S, W + 1].
        log_weight: ln of how many items each stands for, shape [S].
    """

    output: Tensor
    log_weight: Tensor


def local_update(
    network: RelevanceNetwork,
    items: RepresentedItems,
    users: EncodedTable,
    support: SupportBags,
    sample: CatalogueSample,
    dropout: Dropout = NO_DROPOUT,
    answer_dropout: Dropout = NO_DROPOUT,
) -> Tensor:
    """Adapt ū to each support set; θ is left untouched.

    Args:
        network: θ.
        items: Represented items.
        users: The users' encoded features, B rows.
        support: The support sets.
        sample: Stands for the catalogue in the gradient steps.
        dropout: What is left out where ratings are read, in training.
        answer_dropout: What is left out where unknown items are read, in training.

    Returns:
        ū of each episode, shape [B, W + 1].
    """
    vector = amortised_start(network, items, users, support, dropout, answer_dropout)
    return gradient_steps(network, vector, items, support, sample)


def amortised_start(
    network: RelevanceNetwork,
    items: RepresentedItems,
    users: EncodedTable,
    support: SupportBags,
    dropout: Dropout,
    answer_dropout: Dropout,
) -> Tensor:
    """Step 1; see `local_update`. Returns shape [B, W + 1]."""
    bags, counts = support.sums(items.entry), support.counts.unsqueeze(2)
    likes_share = counts[LIKED] / (counts[LIKED] + counts[DISLIKED]).clamp(min=1)
    disliked = likes_share * bags[DISLIKED]
    rated = counts[:UNSEEN].sum(0)
    damping = (rated + 1).rsqrt()
    inputs = [
        damping * bags[LIKED],
        damping * disliked,
        damping * (bags[LIKED] + bags[RATED] + disliked),
        *(
            functional.embedding_bag(
                torch.from_numpy(users[name].slots),
                embedding,
                torch.from_numpy(users[name].offsets[:-1]),
                mode="mean",
            )
            for name, embedding in zip(network.user_features, network.user_embeddings, strict=True)
        ),
        rated.log1p() / COUNT_SCALE,
    ]
    hidden = torch.relu(network.hidden(dropout.of(torch.cat(inputs, dim=1))))
    start: Tensor = network.start(dropout.of(hidden))
    popularity = torch.zeros(start.shape[1], dtype=start.dtype)
    popularity[-1] = 1
    start = start + popularity
    if bool(counts[UNSEEN].any()):
        read = read_answers(bags, counts)
        start = start + network.answers.moved(read, counts[UNSEEN], answer_dropout)
    return start


def gradient_steps(
    network: RelevanceNetwork,
    vector: Tensor,
    items: RepresentedItems,
    support: SupportBags,
    sample: CatalogueSample,
) -> Tensor:
    """Step 2: descend the choice loss of the support set.

    The loss is −Σ_liked ln p(i | ū) / (n_liked + n₀), whose gradient is Σ (E_p[ō] − ō_i) over the
    same; a dislike counts the other way, for as much as was learnt, and leaves popularity alone.

    Args:
        network: θ, with the rate of each step and direction.
        vector: ū to begin with, shape [B, W + 1].
        items: Represented items.
        support: The support sets.
        sample: Stands for the catalogue.

    Returns:
        ū after the steps, shape [B, W + 1].
    """
    if not len(network.rates):
        return vector
    sums, counts = support.sums(items.output), support.counts.unsqueeze(2)
    tastes = torch.ones(vector.shape[1], dtype=vector.dtype)
    tastes[-1] = 0
    towards = counts[LIKED] + network.support_damping_log.exp()
    away = tastes * functional.softplus(network.dislike_log) / (counts[:UNSEEN].sum(0) + 1)
    for rate in network.rates:
        chance = torch.softmax(vector @ sample.output.T + sample.log_weight, dim=1)
        expected = chance @ sample.output
        liked = (sums[LIKED] - counts[LIKED] * expected) / towards
        disliked = (sums[DISLIKED] - counts[DISLIKED] * expected) * away
        vector = vector + rate * (liked - disliked)
    return vector
