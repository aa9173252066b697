"""What a list is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.evaluation.lists.protocol import ListTrial
from model.metrics import discounts
from model.ranking import best

LIST_LENGTH = 20


@dataclass(frozen=True)
class ListValues:
    """Metrics of one model's lists for one number of answers, one value a user.

    Attributes:
        ndcg: nDCG@20, gain 1 for a target, over the best possible list.
        recall: Targets among the 20, over min(20, targets).
        disliked: Share of the 20 that the user dislikes.
        popularity: Mean share of the warm users who like an item of the list.
        items: The lists, shape [users, 20].
    """

    ndcg: Float64Array
    recall: Float64Array
    disliked: Float64Array
    popularity: Float64Array
    items: Int64Array

    @property
    def coverage(self) -> int:
        """Distinct items on all lists."""
        return len(np.unique(self.items))


def top_of_scores(scores: Float32Array, trials: list[ListTrial], size: int) -> Int64Array:
    """Return the best items that are not given, shape [users, 20].

    Args:
        scores: Shape [users, items]; written to.
        trials: The users.
        size: Number of answers.

    Returns:
        Best first.
    """
    lists = []
    for row, trial in zip(scores, trials, strict=True):
        row[[item for item, _ in trial.given[:size]]] = -np.inf
        lists.append(best(row, LIST_LENGTH))
    return np.stack(lists)


def measure_lists(lists: Int64Array, trials: list[ListTrial], share: Float64Array) -> ListValues:
    """Measure lists.

    Args:
        lists: Best first, shape [users, 20].
        trials: The users.
        share: Of the warm users who like each item, shape [items].

    Returns:
        One value a user of each metric.
    """
    gains = discounts(LIST_LENGTH)
    hits = np.stack([np.isin(row, one.targets) for row, one in zip(lists, trials, strict=True)])
    bad = np.stack([np.isin(row, one.disliked) for row, one in zip(lists, trials, strict=True)])
    possible = np.minimum(LIST_LENGTH, [len(one.targets) for one in trials])
    ideal = np.cumsum(gains)[possible - 1]
    return ListValues(
        ndcg=(hits * gains[: lists.shape[1]]).sum(1) / ideal,
        recall=hits.sum(1) / possible,
        disliked=bad.mean(1),
        popularity=share[lists].mean(1),
        items=lists,
    )
