"""The members with their items, as training and evaluation compute with them.

A service never does: what it computes with is `model.bayesian.serving.item_table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.bayesian.local_update import local_update
from model.bayesian.network import BayesianNetwork, Representation
from model.bayesian.rating_scale import from_five_point, to_five_point
from model.bayesian.training.item_features import ItemRows
from model.bayesian.training.meta_training import make_support_set, own_residuals
from model.content.bias_statistics import ItemStatistics
from model.data.dataset import Ratings
from model.episodes import Episodes, PaddedRatings, RatingsByUser
from model.evidence import SMALLEST_ERROR, mean_over_raters
from model.features import EncodedTable

_USERS_CHUNK = 1_024


@dataclass(frozen=True)
class _Member:
    """One network with its represented items.

    Attributes:
        network: The network.
        items: The items, represented once.
        base: Base ratings for a user without ratings in training, shape [items].
    """

    network: BayesianNetwork
    items: Representation
    base: Tensor


class RepresentedMembers:
    """All members, their items represented once.

    Args:
        networks: The members.
        rows: What the item encoder sees, one row an item.
        scale: Lowest and highest rating.
    """

    def __init__(
        self, networks: Sequence[BayesianNetwork], rows: ItemRows, scale: tuple[float, float]
    ) -> None:
        self._members = [_member(network, rows) for network in networks]
        self._scale = scale

    def predict(
        self, users: EncodedTable, episodes: Episodes, statistics: ItemStatistics | None
    ) -> Tensor:
        """Adapt to each support set and predict each query set.

        Args:
            users: All users' encoded features.
            episodes: A batch of B episodes, q query places each.
            statistics: Item statistics, for episodes of users who were trained on.

        Returns:
            On the data set's scale, shape [B, q].
        """
        user_index = episodes.user_index
        encoded = {name: column.rows(user_index) for name, column in users.items()}
        given = episodes.support_set
        ratings = replace(given, rating=to_five_point(given.rating, self._scale) * given.mask)
        row = torch.from_numpy(ratings.item_index)
        query_row = torch.from_numpy(episodes.query_set.item_index)
        if episodes.support_in_training and statistics is not None:
            residual = own_residuals(user_index, ratings, statistics)
            own = ratings.mask
        else:
            residual = own = torch.zeros_like(ratings.rating)
        predictions = []
        with torch.no_grad():
            for member in self._members:
                support = make_support_set(
                    member.network, member.items, row, ratings, residual, own
                )
                decision = local_update(member.network, member.items, encoded, support)
                predictions.append(
                    member.base[query_row] + decision.predict(member.items.phi[query_row])
                )
        low, high = self._scale
        return from_five_point(torch.stack(predictions).mean(0), self._scale).clamp(low, high)

    def mean_gradient_norms(
        self, users: EncodedTable, count: int, ratings: Ratings
    ) -> Float32Array:
        """Mean gradient norm of each item over its raters; see `Estimator`.

        The decision layers before the local update are those of a user of whom only the features
        are known; the gradient is of the first member.

        Args:
            users: All users' encoded features.
            count: Their number.
            ratings: Who rated what.

        Returns:
            Shape [items].
        """
        member = self._members[0]
        total = torch.zeros(len(member.base), dtype=torch.float64)
        spread = ratings.ranks.spread(to_five_point(ratings.rating, self._scale)) or 1.0
        grouped = RatingsByUser(ratings, count)
        with torch.no_grad():
            norms = member.network.gradient_norms(member.items)
            shared = member.network.hidden_layer(member.items.phi) @ member.network.output
            # User by user: own copies of the decision layers for all at once do not fit in memory.
            for start in range(0, count, _USERS_CHUNK):
                some = np.arange(start, min(start + _USERS_CHUNK, count))
                linear = _before_any_rating(member, users, some)
                mine = grouped.of_users(some)
                item = torch.from_numpy(mine.item_index)
                own = linear[torch.from_numpy(mine.user_index - start)]
                rating = torch.from_numpy(to_five_point(mine.rating, self._scale))
                predicted = member.base[item] + shared[item]
                predicted = predicted + (own * member.items.phi[item]).sum(1)
                error = ((predicted - rating).abs() / spread).clamp(min=SMALLEST_ERROR)
                total.index_add_(0, item, (2 * norms[item] / error).double())
        return mean_over_raters(total, ratings)


def _before_any_rating(member: _Member, users: EncodedTable, some: Int64Array) -> Tensor:
    """W of users of whom only the features are known, shape [users, D]."""
    nobody = PaddedRatings(
        np.zeros((len(some), 0), dtype=np.int64),
        torch.zeros(len(some), 0),
        torch.zeros(len(some), 0),
    )
    empty = torch.from_numpy(nobody.item_index)
    support = make_support_set(
        member.network, member.items, empty, nobody, nobody.rating, nobody.mask
    )
    known = {name: column.rows(some) for name, column in users.items()}
    return local_update(member.network, member.items, known, support).linear


def _member(network: BayesianNetwork, rows: ItemRows) -> _Member:
    with torch.no_grad():
        items = network.represent(rows)
        every = torch.arange(len(rows)).unsqueeze(0)
        nothing = torch.zeros(1, len(rows))
        return _Member(network, items, network.base(items, every, nothing, nothing)[0])
