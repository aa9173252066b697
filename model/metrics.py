"""Metrics of predicted against true ratings, one value an episode."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float64Array

Gain = Literal["exponential", "linear"]


def mean_absolute_error(predicted: Tensor, rating: Tensor) -> Tensor:
    """MAE = (1/q) Σ |ŷ − y| of each episode.

    Args:
        predicted: Shape [B, q].
        rating: Shape [B, q].

    Returns:
        Shape [B].
    """
    return (predicted - rating).abs().mean(-1)


def mean_squared_error(predicted: Tensor, rating: Tensor) -> Tensor:
    """MSE = (1/q) Σ (ŷ − y)² of each episode.

    Args:
        predicted: Shape [B, q].
        rating: Shape [B, q].

    Returns:
        Shape [B].
    """
    return ((predicted - rating) ** 2).mean(-1)


def ndcg(predicted: Tensor, rating: Tensor, k: int, gain: Gain) -> Tensor:
    """nDCG@k: the discounted gain of the predicted order over that of the best order.

    DCG@k = Σ_{r=1..k} gain(y_r) / log₂(r + 1), with gain 2^y − 1 (exponential, as the MeLU paper
    prints it) or y (linear, which its numbers fit). Among equal predictions the order is the
    mean over all orders of the tied items, so that a constant prediction is worth what random
    order is worth.

    Args:
        predicted: Shape [B, q].
        rating: Shape [B, q].
        k: Length of the judged list.
        gain: Which gain.

    Returns:
        Shape [B]; 1 for an episode whose ratings all have gain 0.
    """
    gains = torch.exp2(rating) - 1 if gain == "exponential" else rating
    gains = gains.double()
    places = torch.arange(gains.shape[-1], dtype=torch.float64)
    discount = torch.where(places < k, 1 / torch.log2(places + 2), 0.0)
    ideal = (gains.sort(-1, descending=True).values * discount).sum(-1)
    above = (predicted.unsqueeze(-1) < predicted.unsqueeze(-2)).sum(-1)
    tied = (predicted.unsqueeze(-1) == predicted.unsqueeze(-2)).sum(-1)
    found = (gains * _mean_over_ties(discount, above, tied)).sum(-1)
    return torch.where(ideal > 0, found / ideal, 1.0)


def discounts(length: int) -> Float64Array:
    """What a hit on each place of a list counts, 1 / log₂(r + 1), shape [length]."""
    found: Float64Array = 1 / np.log2(np.arange(2, length + 2))
    return found


def catalogue_hits(
    score: Tensor, candidate: Tensor, query: Tensor, relevant: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    """Recall@k and nDCG@k of the relevant query items, ranked among a whole catalogue.

    Recall@k = hits / min(k, relevant items). nDCG@k has gain 1 for a relevant item and 0 for any
    other. Among equal scores the order is the mean over all orders, as in `ndcg`.

    Args:
        score: Every item's score, shape [B, items].
        candidate: Which items are ranked, the query items among them; true or false, shape
            [B, items].
        query: Item index of each query place, shape [B, q].
        relevant: Which of them count as hits; true or false, shape [B, q].
        k: Length of the judged list.

    Returns:
        Recall and nDCG, each of shape [B]; not a number for an episode without a relevant item.
    """
    own = score.gather(1, query).unsqueeze(-1)
    others, ranked = score.unsqueeze(1), candidate.unsqueeze(1)
    above = ((others > own) & ranked).sum(-1)
    tied = ((others == own) & ranked).sum(-1)
    places = torch.arange(score.shape[1], dtype=torch.float64)
    listed = (places < k).double()
    discount = listed / torch.log2(places + 2)
    possible = relevant.sum(-1).clamp(max=k)
    hits = (_mean_over_ties(listed, above, tied) * relevant).sum(-1)
    gain = (_mean_over_ties(discount, above, tied) * relevant).sum(-1)
    ideal = torch.cat([torch.zeros(1, dtype=torch.float64), discount.cumsum(0)])[possible]
    return hits / possible, gain / ideal


def _mean_over_ties(value: Tensor, above: Tensor, tied: Tensor) -> Tensor:
    """Mean of a value of places over those that an item and its ties occupy, shape [B, q].

    Args:
        value: One a place, shape [places].
        above: Number of items ranked above, shape [B, q].
        tied: Number of items at the same rank, the item itself included, shape [B, q].

    Returns:
        Shape [B, q].
    """
    total = torch.cat([torch.zeros(1, dtype=value.dtype), value.cumsum(0)])
    return (total[above + tied] - total[above]) / tied
