"""What another vector of a user's would make of the user's list.

    V(list) = Σ_place m p(item | ū) / log₂(1 + place)

is a list's value in expected likes, each discounted by its place as in DCG; m is how many likes a
user has. A vector that an answer would bring is worth what the best list by it has more than the
list that there is, both judged by that vector (Howard, "Information Value Theory", 1966).

Dimensions: B vectors, M members, T items that are looked at, W width.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.metrics import discounts
from model.ranking import best
from model.relevance.model import RelevanceModel, RelevanceUser

_LIST = 20
_CONSIDERED = 300


class Worth(NamedTuple):
    """What B vectors bring.

    Attributes:
        gain: In discounted likes of a list of 20, shape [B].
        displaced: How far the chances of the user's best items move, shape [B, T].
    """

    gain: Float64Array
    displaced: Float64Array


class ListValue:
    """The user's list as it is, and what others would be worth instead.

    Args:
        model: θ.
        user: What `RelevanceModel.adapt` returned.
        left_out: Items that the list does not hold, in ascending order.
    """

    def __init__(self, model: RelevanceModel, user: RelevanceUser, left_out: Int64Array) -> None:
        self._model = model
        top = model.candidates(user, _CONSIDERED, without=left_out)
        self._top = top[best(model.log_chance(user, top), _CONSIDERED)]
        _, output = model.entry_and_output(self._top)
        self._output = output.reshape(len(self._top), model.members, -1).transpose(1, 2, 0)
        self._now = np.exp(model.log_chance(user, self._top).astype(np.float64))

    def __len__(self) -> int:
        return len(self._top)

    def after(self, vectors: Float32Array, answered: Int64Array | None = None) -> Worth:
        """Tell what vectors are worth.

        Args:
            vectors: Of the members, as `RelevanceModel.updated` returns them, shape
                [M, B, W + 1].
            answered: The item that each was an answer about, shape [B]; None if it is about none.
                It leaves the list, whatever the answer; those behind it move up.

        Returns:
            Their gains, and how they displace chances.
        """
        count, places = vectors.shape[1], discounts(_LIST)
        gone: BoolArray = np.zeros((count, len(self)), dtype=np.bool_)
        if answered is not None:
            gone = answered[:, None] == self._top
        place_of = np.cumsum(~gone, axis=1) - 1
        worth_of_place = np.where(
            ~gone & (place_of < _LIST), places[np.minimum(place_of, _LIST - 1)], 0
        )
        logits = np.matmul(vectors, self._output).sum(0)
        total = self._model.sample.log_totals(vectors)
        likely = np.exp(logits.astype(np.float64) - total[:, None])
        likely[gone] = 0
        longest = min(_LIST, len(self))
        highest = -np.sort(-np.partition(likely, -longest, axis=1)[:, -longest:], axis=1)
        value = highest @ places[:longest] - (likely * worth_of_place).sum(1)
        displaced = likely - np.where(gone, 0, self._now)
        return Worth(value * self._model.learnt.likes_a_user, displaced)
