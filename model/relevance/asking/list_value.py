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
from model.relevance.adapted_user import RelevanceUser
from model.relevance.model import RelevanceModel
from model.relevance.serving.likely_items import likely_items

_LIST = 20
_CONSIDERED = 300


class Worth(NamedTuple):
    """What B vectors bring.

    Attributes:
        gain: In discounted likes of a list of 20, shape [B].
        displaced: How far the chances of the user's best items move, shape [B, T].
    """

    gain: Float64Array
    displaced: Float32Array


class ListValue:
    """The user's list as it is, and what others would be worth instead.

    Args:
        model: θ.
        user: What `RelevanceModel.adapt` returned.
        left_out: Items that the list does not hold, in ascending order.
    """

    def __init__(self, model: RelevanceModel, user: RelevanceUser, left_out: Int64Array) -> None:
        self._model = model
        top = likely_items(model, user, _CONSIDERED, without=left_out)
        output = model.output(top)
        log_chance = output @ user.weights - np.float32(user.log_total)
        order = best(log_chance, _CONSIDERED)
        self._top, self._now = top[order], np.exp(log_chance[order])
        flat = output[order].reshape(len(order), model.members, -1)
        self._output = np.ascontiguousarray(flat.transpose(1, 2, 0))

    def __len__(self) -> int:
        return len(self._top)

    def after(self, vectors: Float32Array, answered: Int64Array | None = None) -> Worth:
        """Tell what vectors are worth.

        Args:
            vectors: Of the members, as `RelevanceModel.updated` returns them, shape
                [M, B, W + 1], or with 1 for B where all are the same.
            answered: The item that each was an answer about, shape [B]; None if it is about none.
                It leaves the list, whatever the answer; those behind it move up.

        Returns:
            Their gains, and how they displace chances.
        """
        places = discounts(_LIST)
        logits = np.matmul(vectors, self._output).sum(0)
        likely = np.exp(logits - self._model.sample.log_totals(vectors)[:, None])
        displaced = likely - self._now
        gone: BoolArray = np.zeros((len(likely), len(self)), dtype=np.bool_)
        if answered is not None:
            gone = answered[:, None] == self._top
            likely, displaced = np.where(gone, 0, likely), np.where(gone, 0, displaced)
        # Nothing further down is listed, whoever leaves.
        near = gone[:, : _LIST + 1]
        place_of = np.cumsum(~near, axis=1) - 1
        worth_of_place = np.where(
            ~near & (place_of < _LIST), places[np.minimum(place_of, _LIST - 1)], 0
        )
        listed = (likely[:, : _LIST + 1] * worth_of_place).sum(1)
        longest = min(_LIST, len(self))
        highest = -np.sort(-np.partition(likely, -longest, axis=1)[:, -longest:], axis=1)
        value = highest @ places[:longest] - listed
        return Worth(value * self._model.learnt.likes_a_user, displaced)
