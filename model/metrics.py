"""Metrics of predicted against true ratings, one value an episode."""

from typing import Literal

import torch
from torch import Tensor

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


def root_mean_squared_error(predicted: Tensor, rating: Tensor) -> Tensor:
    """RMSE = √((1/q) Σ (ŷ − y)²) of each episode.

    Args:
        predicted: Shape [B, q].
        rating: Shape [B, q].

    Returns:
        Shape [B].
    """
    return ((predicted - rating) ** 2).mean(-1).sqrt()


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
    found = (gains * _expected_discount(predicted, discount)).sum(-1)
    return torch.where(ideal > 0, found / ideal, 1.0)


def _expected_discount(predicted: Tensor, discount: Tensor) -> Tensor:
    """Mean discount over the places that each prediction and its ties occupy, shape [B, q]."""
    above = (predicted.unsqueeze(-1) < predicted.unsqueeze(-2)).sum(-1)
    tied = (predicted.unsqueeze(-1) == predicted.unsqueeze(-2)).sum(-1)
    total = torch.cat([torch.zeros(1, dtype=discount.dtype), discount.cumsum(0)])
    return (total[above + tied] - total[above]) / tied
