"""The preset `default` behind the interface of all presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.bayesian.coarse import CoarseItems
from model.bayesian.item_rows import ItemRows
from model.bayesian.learning import learn
from model.bayesian.live_rows import changed_rows, new_rows
from model.bayesian.network import BayesianNetwork, Representation
from model.bayesian.preset import BayesianPreset
from model.bayesian.ranking import exact_best, exact_best_of
from model.bayesian.served_items import ServedItems, joined, rated_items, serve_items
from model.bayesian.serving_update import AdaptedWeights, RatedItems, local_update
from model.bayesian.stacked import StackedWeights
from model.bayesian.training import make_support_set, own_residuals
from model.bayesian.unit_scale import from_unit, to_unit
from model.data.loading import Dataset, Ratings
from model.episodes import Episodes, PaddedRatings
from model.errors import BundleError
from model.estimator import AdaptedUser, Estimator, FloatArray, IndexArray, MoreItems, Ranking
from model.features import EncodedTable, FeatureSpace, FeatureValue
from model.items.content_tables import ContentTables, expected_tensors
from model.items.statistics import ItemStatistics
from model.reports import EpochReport, TrainingReport
from model.stored_tensors import check_tensors

SMALLEST_ERROR = 0.1
_ITEMS = "items."
_CONTENT = "content."
_RATINGS_CHUNK = 65_536
_ITEMS_CHUNK = 8_192


@dataclass(frozen=True)
class BayesianUser(AdaptedUser):
    """A user's own decision layers.

    Attributes:
        decision: Adapted weights of the members, one variant.
        rated: The support set.
    """

    decision: AdaptedWeights
    rated: RatedItems


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


class BayesianEstimator(Estimator):
    """θ with a Bayesian start of the local update, averaged over its members.

    Args:
        preset: Configuration.
        scale: Lowest and highest rating.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        networks: The members.
        rows: What the item encoder sees, one row an item.
        content: What content foretells of items that training never saw.
        statistics: Item statistics, for episodes of users who were trained on.
    """

    def __init__(
        self,
        preset: BayesianPreset,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        networks: Sequence[BayesianNetwork],
        rows: ItemRows,
        content: ContentTables,
        statistics: ItemStatistics | None = None,
    ) -> None:
        self.preset = preset
        self.user_space = user_space
        self.item_space = item_space
        self._scale = scale
        self._rows = rows
        self._content = content
        self.bundled = len(rows)
        self._more: ServedItems | None = None
        self._statistics = statistics
        self._networks = tuple(networks)
        self._theta = StackedWeights.of(networks, user_space.names)

    @cached_property
    def _members(self) -> tuple[_Member, ...]:
        """What training and evaluation compute with; a service never asks for it."""
        return tuple(_member(network, self._rows) for network in self._networks)

    @cached_property
    def _items(self) -> ServedItems:
        return serve_items(self._networks, self._rows)

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        ratings: Ratings,
        preset: BayesianPreset,
        *,
        seed: int,
        on_epoch: Callable[[EpochReport], None],
    ) -> tuple[BayesianEstimator, TrainingReport]:
        """Learn θ from ratings.

        Args:
            dataset: Users, items and their features.
            ratings: What to learn from.
            preset: Configuration.
            seed: Every random draw follows from it.
            on_epoch: Called after each epoch.

        Returns:
            The estimator, and how the training went.

        Raises:
            DatasetError: If there are too few users with ratings to learn from.
        """
        learnt = learn(dataset, ratings, preset, seed=seed, on_epoch=on_epoch)
        estimator = cls(
            preset,
            dataset.scale,
            learnt.user_space,
            learnt.item_space,
            learnt.networks,
            learnt.rows,
            learnt.content,
            learnt.statistics,
        )
        return estimator, learnt.report

    @classmethod
    def restore(
        cls,
        preset: BayesianPreset,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        tensors: dict[str, Tensor],
        item_count: int,
    ) -> BayesianEstimator:
        """Put together what `tensors` took apart.

        Args:
            preset: Configuration.
            scale: Lowest and highest rating.
            user_space: Encoders of the user features.
            item_space: Encoders of the item features.
            tensors: As stored.
            item_count: Number of items to score.

        Returns:
            An estimator whose predictions are bit-equal to the stored one's.

        Raises:
            BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
        """
        config = preset.estimator
        inputs, start_width = (_columns(tensors, name) for name in ("inputs", "linear"))
        members = {name.split(".")[1] for name in tensors if name.startswith("member.")}
        if len(members) != config.members:
            raise BundleError(
                f"the weights are of {len(members)} members where the configuration asks for "
                f"{config.members}"
            )
        networks = [
            _empty_network(preset, inputs, start_width, user_space) for _ in range(config.members)
        ]
        with torch.device("meta"):
            rows = ItemRows(
                torch.empty(item_count, inputs),
                torch.empty(item_count, start_width),
                *(torch.empty(item_count) for _ in range(3)),
            )
        expected = _named_items(rows)
        for member, network in enumerate(networks):
            expected |= _named_network(member, network)
        of_content = _under(_CONTENT, tensors)
        targets = 1 + start_width
        expected |= _prefixed(_CONTENT, dict(expected_tensors(of_content, item_space, targets)))
        check_tensors(tensors, expected)
        if (tensors["items.count"] < 0).any():
            raise BundleError("items.count holds numbers below zero")
        for member, network in enumerate(networks):
            # Copied, so that the network does not hold on to the file.
            own = {n: t.clone() for n, t in _under(f"member.{member}.", tensors).items()}
            network.load_state_dict(own, assign=True)
            network.eval().requires_grad_(requires_grad=False)
        content = ContentTables.from_named_tensors(of_content, item_space.names)
        return cls(preset, scale, user_space, item_space, networks, _item_rows(tensors), content)

    def tensors(self) -> dict[str, Tensor]:
        """The members' weights, what the encoder sees of the items, what content foretells."""
        named = _named_items(self._rows)
        named |= _prefixed(_CONTENT, self._content.named_tensors(self.item_space.names))
        for index, network in enumerate(self._networks):
            named |= _named_network(index, network)
        return named

    def predict(self, dataset: Dataset, episodes: Episodes) -> Tensor:
        """Adapt to each support set and predict each query set; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        chunks = [self._predict_chunk(users, chunk) for chunk in episodes.chunks()]
        low, high = self._scale
        return from_unit(torch.cat(chunks), self._scale).clamp(low, high)

    def _predict_chunk(self, users: EncodedTable, episodes: Episodes) -> Tensor:
        user_index = episodes.user_index
        encoded = {name: column.rows(user_index) for name, column in users.items()}
        given = episodes.support_set
        ratings = replace(given, rating=to_unit(given.rating, self._scale) * given.mask)
        row = torch.from_numpy(ratings.item_index)
        query_row = torch.from_numpy(episodes.query_set.item_index)
        if episodes.support_in_training and self._statistics is not None:
            residual = own_residuals(user_index, ratings, self._statistics)
            own = ratings.mask
        else:
            residual = own = torch.zeros_like(ratings.rating)
        predictions = []
        with torch.no_grad():
            for member in self._members:
                support = make_support_set(
                    member.network, member.items, row, ratings, residual, own
                )
                decision = member.network.local_update(member.items, encoded, support)
                predictions.append(
                    member.base[query_row] + decision.predict(member.items.phi[query_row])
                )
        return torch.stack(predictions).mean(0)

    def adapt(
        self, attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> BayesianUser:
        """Run the local update on a new user's support set; see `Estimator`."""
        rated = self._rated(support_set)
        decision = local_update(self._theta, self.user_space.slots(attributes), rated)
        steps = self.preset.estimator.local_steps + 1 if support_set else 0
        return BayesianUser(steps, len(support_set), decision, rated)

    def adapted_arrays(self, user: AdaptedUser) -> Sequence[FloatArray]:
        """Return all weights of the members; see `Estimator`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        decision = user.decision
        return decision.linear, decision.hidden_weight, decision.hidden_bias, decision.output

    def score_variants(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: Sequence[tuple[int, float]],
        kept: FloatArray,
        items: IndexArray,
    ) -> FloatArray:
        """Adapt to parts of a support set in one batch; see `Estimator`."""
        slots = self.user_space.slots(attributes)
        decision = local_update(self._theta, slots, self._rated(support_set), kept)
        base = np.empty(len(items), dtype=np.float32)
        for table, chosen, rows in self._parts(items):
            base[chosen] = table.mean_base[rows]
        personal = decision.predict(self._items.of_members(self.representations(items)))
        return from_unit(base + personal, self._scale)

    def representations(self, items: IndexArray) -> FloatArray:
        """Return φ of all members; see `Estimator`."""
        phi = np.empty((len(items), self._items.features.shape[1]), dtype=np.float32)
        for table, chosen, rows in self._parts(items):
            phi[chosen] = table.flat(rows)
        return phi

    def _parts(
        self, items: IndexArray
    ) -> list[tuple[ServedItems, npt.NDArray[np.bool_], IndexArray]]:
        """Part items into those of the bundle and those put since: table, which, and its rows."""
        bundled = items < self.bundled
        parts = [(self._items, bundled, items[bundled])]
        if self._more is not None:
            parts.append((self._more, ~bundled, items[~bundled] - self.bundled))
        return parts

    def _rated(self, support_set: Sequence[tuple[int, float]]) -> RatedItems:
        """Look a support set's items up, those of the bundle and those put since."""
        index = np.array([item for item, _ in support_set], dtype=np.int64)
        stars = np.array([rating for _, rating in support_set], dtype=np.float32)
        rating = to_unit(stars, self._scale)
        since = index >= self.bundled
        if self._more is None or not since.any():
            return rated_items(self._items, self._networks, index, rating)
        parts = [
            rated_items(self._items, self._networks, index[~since], rating[~since]),
            rated_items(self._more, self._networks, index[since] - self.bundled, rating[since]),
        ]
        # Back into the order in which they were given.
        order = np.argsort(np.concatenate([np.flatnonzero(~since), np.flatnonzero(since)]))
        return RatedItems.joined(parts, order)

    def extended(self, items: MoreItems) -> Self:
        """Represent more items by what their content foretells; see `Estimator`."""
        foretold = self._content.foretell(self.item_space, items.features, items.count)
        config = self.preset.estimator
        rows = new_rows(foretold, config, self._rows.inputs.shape[1])
        if len(items.changed):
            before = self._content.foretell(
                self.item_space, items.trained_features, len(items.trained)
            )
            trained = self._rows.rows(torch.from_numpy(items.trained))
            changed = changed_rows(trained, before, foretold[items.changed], config)
            for name, tensor in rows.named_tensors().items():
                tensor[torch.from_numpy(items.changed)] = changed.named_tensors()[name]
        served = serve_items(self._networks, rows, reduce=False)
        other = copy(self)
        other._more = served if self._more is None else joined(self._more, served)
        other.more = self.more + items.count
        return other

    def _score(self, user: AdaptedUser, items: IndexArray | None) -> FloatArray:
        return self._predicted(self._items, user, items)

    def _score_more(self, user: AdaptedUser, items: IndexArray) -> FloatArray:
        assert self._more is not None  # noqa: S101 - else nobody asks
        return self._predicted(self._more, user, items)

    def _predicted(
        self, items: ServedItems, user: AdaptedUser, index: IndexArray | None
    ) -> FloatArray:
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        count = len(items) if index is None else len(index)
        scores = np.empty(count, dtype=np.float32)
        for start in range(0, count, _ITEMS_CHUNK):
            chunk = slice(start, start + _ITEMS_CHUNK)
            rows = chunk if index is None else index[chunk]
            scores[chunk] = items.mean_base[rows] + user.decision.predict(items.phi(rows))[0]
        return from_unit(scores, self._scale)

    def _rank_all(self, user: AdaptedUser, limit: int, without: IndexArray) -> Ranking:
        """Find the best of all items with one matrix-vector product; see `exact_best`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        items = self._items
        if items.reduced is None:
            return super()._rank_all(user, limit, without)
        index, unit = exact_best(items, items.reduced, user.decision, limit, without)
        return Ranking(index, from_unit(unit, self._scale))

    def _rank_some(
        self, user: AdaptedUser, limit: int, among: IndexArray, without: IndexArray
    ) -> Ranking:
        """Find the best of some items with one matrix-vector product; see `exact_best_of`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        index, unit = exact_best_of(
            self._items, user.decision, limit, among, without, self._theta.output
        )
        return Ranking(index, from_unit(unit, self._scale))

    def _candidates(
        self, user: AdaptedUser, among: IndexArray | None, left_out: int, limit: int
    ) -> IndexArray:
        """Scan clusters in few columns; see `CoarseItems`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        linear = user.decision.linear[0].ravel() / np.float32(len(self._networks))
        return self._coarse.candidates(linear, limit, left_out, self._allowed(among))

    @cached_property
    def _coarse(self) -> CoarseItems:
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        return CoarseItems.of(self._items, self.clusters)

    def coarse_features(self) -> FloatArray:
        """Return φ / M and what θ predicts of everybody; see `Estimator`.

        A priori w has unit variance, so squared distances are those of two items' scores.
        """
        members = len(self._networks)
        features = np.empty((len(self._items), self._items.features.shape[1] + 1), np.float32)
        np.divide(self._items.features, members, out=features[:, :-1])
        features[:, -1] = self._items.constant
        return features

    def prepare(self, open_tensors: Callable[[], Mapping[str, Tensor]]) -> None:
        """Represent the catalogue; see `Estimator`."""
        assert self._items  # noqa: S101 - made here
        self._rows = _item_rows(open_tensors())
        super().prepare(open_tensors)

    def teaching(self, user: AdaptedUser) -> FloatArray:
        """How unsure the user's rating of each item still is; see `Estimator`.

        The standard deviation of w·φ under the user's posterior: what a rating of the item can
        still move. The posterior covariance is I − Φᵀ (K + P⁻¹)⁻¹ Φ.
        """
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        known = user.rated.phi
        # Of many alike ratings K is nearly singular, which single precision would not survive.
        gram = (known @ known.mT).astype(np.float64)
        gram += user.decision.noise[0][..., None] * np.eye(known.shape[1])
        factor = np.linalg.cholesky(gram)
        told = np.linalg.solve(factor, known).astype(np.float32)
        parts = [self._items] if self._more is None else [self._items, self._more]
        return np.concatenate([_deviations(items, told) for items in parts])

    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> FloatArray:
        """Mean gradient norm of each item over its raters; see `Estimator`.

        The decision layers before the local update are those of a user of whom only the features
        are known; the gradient is of the first member.
        """
        member = self._members[0]
        users = self.user_space.encode_table(dataset.user_features)
        total = torch.zeros(len(member.base), dtype=torch.float64)
        spread = float(to_unit(ratings.rating, self._scale).std()) or 1.0
        nobody = PaddedRatings(
            np.zeros((len(dataset.user_ids), 0), dtype=np.int64),
            torch.zeros(len(dataset.user_ids), 0),
            torch.zeros(len(dataset.user_ids), 0),
        )
        empty = torch.from_numpy(nobody.item_index)
        with torch.no_grad():
            support = make_support_set(
                member.network, member.items, empty, nobody, nobody.rating, nobody.mask
            )
            linear = member.network.local_update(member.items, users, support).linear
            norms = member.network.gradient_norms(member.items)
            shared = member.network.hidden_layer(member.items.phi) @ member.network.output
            for start in range(0, len(ratings), _RATINGS_CHUNK):
                chunk = slice(start, start + _RATINGS_CHUNK)
                item = torch.from_numpy(ratings.item_index[chunk])
                own = linear[torch.from_numpy(ratings.user_index[chunk])]
                rating = torch.from_numpy(to_unit(ratings.rating[chunk], self._scale))
                predicted = member.base[item] + shared[item]
                predicted = predicted + (own * member.items.phi[item]).sum(1)
                error = ((predicted - rating).abs() / spread).clamp(min=SMALLEST_ERROR)
                total.index_add_(0, item, (2 * norms[item] / error).double())
        raters = np.bincount(ratings.item_index, minlength=len(total))
        mean: FloatArray = (total.numpy() / np.maximum(raters, 1)).astype(np.float32)
        return mean


def _deviations(items: ServedItems, told: FloatArray) -> FloatArray:
    """Standard deviation of w·φ of each item, given what a support set told of w."""
    found = np.empty(len(items), dtype=np.float32)
    for start in range(0, len(found), _ITEMS_CHUNK):
        chunk = slice(start, start + _ITEMS_CHUNK)
        phi = items.phi(chunk)
        variance = (phi * phi).sum(-1) - ((phi @ told.mT) ** 2).sum(-1)
        found[chunk] = np.sqrt(np.maximum(variance, 0)).mean(0)
    return found


def _member(network: BayesianNetwork, rows: ItemRows) -> _Member:
    with torch.no_grad():
        items = network.represent(rows)
        every = torch.arange(len(rows)).unsqueeze(0)
        nothing = torch.zeros(1, len(rows))
        return _Member(network, items, network.base(items, every, nothing, nothing)[0])


def _columns(tensors: Mapping[str, Tensor], name: str) -> int:
    """Width of a table of the items; 0, with which nothing fits, if there is no such table."""
    table = tensors.get(_ITEMS + name)
    return 0 if table is None or table.ndim != 2 else table.shape[1]


def _empty_network(
    preset: BayesianPreset, inputs: int, start_width: int, user_space: FeatureSpace
) -> BayesianNetwork:
    """Make a network without memory of its own, so that no configuration asks for too much."""
    try:
        with torch.device("meta"):
            return BayesianNetwork(preset, inputs, start_width, user_space, 0.0, generator=None)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise BundleError("the configuration asks for weights beyond all measure") from error


def _item_rows(tensors: Mapping[str, Tensor]) -> ItemRows:
    return ItemRows(**_under(_ITEMS, tensors))


def _named_items(rows: ItemRows) -> dict[str, Tensor]:
    return _prefixed(_ITEMS, rows.named_tensors())


def _named_network(member: int, network: BayesianNetwork) -> dict[str, Tensor]:
    return _prefixed(f"member.{member}.", network.state_dict())


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
