"""Lists of users whom a member does not learn from: how good they are while it learns.

A training that learns its users by heart ends when that shows. The lists say so, not the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from model.arrays import Float32Array, Float64Array, Int64Array
from model.metrics import discounts
from model.relevance.local_update import CatalogueSample, SupportBags, local_update
from model.relevance.network import RelevanceNetwork, RepresentedItems
from model.relevance.training.training_data import RelevanceLearning

GIVEN = 5
"""Ratings given of each user, whose lists are judged."""
_LIST = 20
_MOST_USERS = 300
_FEWEST_USERS = 20
_FEWEST_RATINGS = 8
_CERTAIN = 2.0
"""Standard errors by which lists must have got worse to count as worse."""


@dataclass(frozen=True)
class HeldOutLists:
    """Users with five ratings given, and what of the others they like.

    Attributes:
        learning: What is learnt from.
        users: Internal user indices, shape [U]; what follows is of those that this rank has.
        given: Their support sets.
        given_pairs: Row and item of every rating given.
        liked: Which users like which items that were not given, as row and item.
        sample: Stands for the catalogue in the local update: items, and ln of their weight.
    """

    learning: RelevanceLearning
    users: Int64Array
    given: SupportBags
    given_pairs: tuple[Int64Array, Int64Array]
    liked: tuple[Int64Array, Int64Array]
    sample: tuple[Int64Array, Float32Array]

    @classmethod
    def draw(
        cls, learning: RelevanceLearning, held_out: Int64Array, *, seed: int
    ) -> HeldOutLists | None:
        """Draw which ratings are given.

        Args:
            learning: What is learnt from.
            held_out: Users to judge by.
            seed: Draws users and ratings, from a source of its own.

        Returns:
            The lists to judge; None where too few users have enough ratings.
        """
        random = np.random.default_rng([seed, 12])
        counts = learning.ratings.counts
        users = random.permutation(held_out[counts[held_out] >= _FEWEST_RATINGS])[:_MOST_USERS]
        if len(users) < _FEWEST_USERS:
            return None
        shuffled = learning.ratings.shuffled(random)
        mine = users[learning.ranks.mine(users)]
        given = shuffled.padded(mine, np.zeros_like(mine), np.full(len(mine), GIVEN))
        asked = shuffled.padded(mine, np.full(len(mine), GIVEN), counts[mine] - GIVEN)
        wanted = (asked.mask.numpy() > 0) & (learning.worth(asked) > 0)
        row, place = np.nonzero(wanted)
        rows = np.repeat(np.arange(len(mine)), GIVEN)
        return cls(
            learning,
            users,
            learning.bags(given),
            (rows, given.item_index.ravel()),
            (row, asked.item_index[row, place]),
            learning.sample(random),
        )

    def quality(self, network: RelevanceNetwork, items: RepresentedItems) -> Float64Array:
        """Judge the lists by nDCG@20.

        Args:
            network: θ.
            items: All items as it knows them.

        Returns:
            One number a user who likes anything that was not given, shape [users].
        """
        chosen, log_weight = self.sample
        ranks = self.learning.ranks
        mine = self.users[ranks.mine(self.users)]
        features = {name: column.rows(mine) for name, column in self.learning.users.items()}
        with torch.no_grad():
            vector = local_update(
                network,
                items,
                features,
                self.given,
                CatalogueSample(
                    items.output[torch.from_numpy(chosen)], torch.from_numpy(log_weight)
                ),
            )
            score = vector @ items.output.T
        rows, given = (torch.from_numpy(one) for one in self.given_pairs)
        score[rows, given] = -torch.inf
        first = score.topk(min(_LIST, score.shape[1])).indices
        likes = torch.zeros(score.shape, dtype=torch.bool)
        likes[torch.from_numpy(self.liked[0]), torch.from_numpy(self.liked[1])] = True
        gains = discounts(_LIST)
        found = (likes.gather(1, first).numpy() * gains[: first.shape[1]]).sum(1)
        best = np.concatenate([[0.0], np.cumsum(gains)])
        found = ranks.whole(found, self.users)
        count = ranks.whole(likes.sum(1).numpy(), self.users)
        some = count > 0
        quality: Float64Array = found[some] / best[np.minimum(count[some], _LIST)]
        return quality


class Best:
    """The weights with the best lists so far, and when to go back to them for good.

    Args:
        modules: What is trained.
        patience: Measurements in a row of certainly worse lists that end the training.
    """

    def __init__(self, modules: Mapping[str, nn.Module], patience: int) -> None:
        self._modules = modules
        self._patience = patience
        self._quality: Float64Array | None = None
        self._worse = 0
        self.kept = {f"best-{name}": deepcopy(module) for name, module in modules.items()}

    def take(self, quality: Float64Array) -> None:
        """Take a measurement of the weights as they are on.

        Args:
            quality: As `HeldOutLists.quality` gave it, of the same users each time.
        """
        if self._quality is None or quality.mean() >= self._quality.mean():
            self._quality, self._worse = quality, 0
            for name, module in self._modules.items():
                self.kept[f"best-{name}"].load_state_dict(module.state_dict())
            return
        lost = self._quality - quality
        error = float(lost.std(ddof=1)) / len(lost) ** 0.5
        self._worse = self._worse + 1 if lost.mean() > _CERTAIN * error else 0

    @property
    def is_over(self) -> bool:
        """Whether lists have got worse for good."""
        return self._worse >= self._patience

    def go_back_if_worse(self) -> None:
        """Take the best weights again where the last ones have certainly worse lists."""
        if self._worse:
            for name, module in self._modules.items():
                module.load_state_dict(self.kept[f"best-{name}"].state_dict())

    def as_json(self) -> dict[str, Any]:
        """Return what a checkpoint keeps beside the weights."""
        quality = None if self._quality is None else self._quality.tolist()
        return {"quality": quality, "worse": self._worse}

    def restore(self, notes: Mapping[str, Any]) -> None:
        """Take on what a checkpoint kept."""
        self._quality = None if notes["quality"] is None else np.array(notes["quality"])
        self._worse = notes["worse"]
