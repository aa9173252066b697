"""The choice loss: how likely a user's own copy chooses what the user did choose.

Dimensions: B episodes, I items, W width, S sampled items.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.episodes import PaddedRatings
from model.ranks import ALONE, Ranks

_LEAST_MASS = 1e-30


def draw_sample(
    share: Float64Array, size: int, random: np.random.Generator
) -> tuple[Int64Array, Float32Array]:
    """Draw items by their share, to stand for all; all items if there are no more than `size`.

    Args:
        share: Chance of each item, shape [I].
        size: How many are drawn, with replacement.
        random: Source of randomness.

    Returns:
        Distinct items, and ln of the weight with which a sum over them estimates the sum over all
        items without bias.
    """
    if len(share) <= size:
        return np.arange(len(share)), np.zeros(len(share), dtype=np.float32)
    drawn, times = np.unique(random.choice(len(share), size, p=share), return_counts=True)
    return drawn, np.log(times / (size * share[drawn])).astype(np.float32)


def choice_loss(
    vector: Tensor,
    output: Tensor,
    support: PaddedRatings,
    query: PaddedRatings,
    worth: Float32Array,
    list_length: int,
    drawn: tuple[Int64Array, Float32Array] | None = None,
    ranks: Ranks = ALONE,
) -> Tensor:
    """−ln p(i | ū) of the likes of the query set, chosen from all items but the support set.

    A like of worth 1 weighs 1 / min(likes, list length): what it counts for in a list of that
    length. With equal weights, users with many likes would decide alone; with 1 / likes, they
    would count for less than their lists do.

    Where the items are many, the choice is among some that are drawn by popularity, each for the
    number of items that it stands for, and the episode's own targets.

    Args:
        vector: ū, shape [B, W + 1].
        output: ō, shape [I, W + 1].
        support: Support sets.
        query: Query sets of n places.
        worth: What each place of the query sets counts if chosen; 0 for what is no like, shape
            [B, n].
        list_length: Places of the list that is judged.
        drawn: Items to choose from, and ln of how many each stands for; all items if None.
        ranks: The processes that share the episodes of this global update.

    Returns:
        The weighted mean; of several ranks, this one's part of it, of which the mean is the sum.
    """
    wanted = (query.mask.numpy() > 0) & (worth > 0)
    episode, target = _pairs(query, wanted)
    given = _pairs(support, support.mask.numpy() > 0)
    rows = torch.from_numpy(episode)
    if drawn is None:
        logits = _without(vector @ output.T, given)
        chosen = logits[rows, torch.from_numpy(target)]
        of_all = torch.logsumexp(logits, dim=1)
    else:
        among, log_weight = drawn
        column = np.full(len(output), -1)
        column[among] = np.arange(len(among))
        logits = vector @ output[torch.from_numpy(among)].T + torch.from_numpy(log_weight)
        # The targets count by themselves, so that each counts once.
        for who, what in (given, (episode, target)):
            at = column[what]
            logits = _without(logits, (who[at >= 0], at[at >= 0]))
        chosen = (vector[rows] * output[torch.from_numpy(target)]).sum(1)
        highest = torch.logsumexp(logits, dim=1)
        mass = torch.zeros_like(highest).index_add(0, rows, (chosen - highest[rows]).exp())
        of_all = highest + torch.log1p(mass)
    likes = np.bincount(episode, minlength=len(vector))
    weight = worth[wanted] / np.minimum(likes[episode], list_length)
    weights = torch.from_numpy(weight.astype(np.float32))
    loss = (weights * (of_all[rows] - chosen)).sum()
    return loss / ranks.total_of(weights.sum()).clamp(min=_LEAST_MASS)


def _pairs(ratings: PaddedRatings, marked: BoolArray) -> tuple[Int64Array, Int64Array]:
    """Episode and item of every marked place."""
    episode, place = np.nonzero(marked)
    return episode, ratings.item_index[episode, place]


def _without(logits: Tensor, pairs: tuple[Int64Array, Int64Array]) -> Tensor:
    """Leave (row, column) pairs out of the choice."""
    index = tuple(torch.from_numpy(one) for one in pairs)
    return logits.index_put(index, logits.new_tensor(-torch.inf))
