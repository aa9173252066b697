"""The preset `default` behind the interface of all presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.arrays import BoolArray, Float32Array, Int64Array
from model.bayesian.adapted_user import BayesianUser
from model.bayesian.preset import BayesianPreset
from model.bayesian.rating_scale import from_five_point, to_five_point
from model.bayesian.serving.item_table import ItemTable, build_item_table, joined, rated_items
from model.bayesian.serving.local_update import RatedItems, local_update
from model.bayesian.serving.new_items import live_rows
from model.bayesian.serving.scoring import predict_items
from model.bayesian.serving.top_k import best_items
from model.bayesian.serving.uncertainty import deviations, rating_uncertainty, told
from model.bayesian.serving.weights import StackedWeights
from model.bayesian.training.ensemble import RepresentedMembers
from model.bayesian.training.fit import learn
from model.bayesian.training.start import LearntNetworks
from model.bayesian.training.stored_weights import INPUTS, Stored, read_item_rows, restore
from model.bundle.reports import EpochReport, TrainingReport
from model.bundle.weights_file import WeightsFile
from model.content.bias_statistics import ItemStatistics
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes
from model.estimator import AdaptedUser, Estimator
from model.features import FeatureSpace, FeatureValue
from model.item_vectors import ItemVectors
from model.live_items import LiveItems
from model.ranking.coarse_items import CoarseItems
from model.rating_uncertainty import RatingUncertainty
from model.start import Start
from model.training_checkpoints import Checkpoints


class BayesianEstimator(Estimator):
    """θ with a Bayesian start of the local update, averaged over its members.

    Args:
        preset: Configuration.
        scale: Lowest and highest rating.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        stored: What was learnt.
        statistics: Item statistics, for episodes of users who were trained on.
    """

    def __init__(
        self,
        preset: BayesianPreset,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        stored: Stored,
        statistics: ItemStatistics | None = None,
    ) -> None:
        self.preset = preset
        self.user_space = user_space
        self.item_space = item_space
        self._scale = scale
        self._stored = stored
        self._statistics = statistics
        self._theta = StackedWeights.of(stored.networks, user_space.names)

    @cached_property
    def _members(self) -> RepresentedMembers:
        return RepresentedMembers(self._stored.networks, self._stored.rows, self._scale)

    @cached_property
    def vectors(self) -> ItemVectors[ItemTable]:
        """What the members represent the items by, laid out for ranking."""
        rows = self._stored.rows
        return ItemVectors(build_item_table(self._stored.networks, rows), len(rows))

    @property
    def _items(self) -> ItemTable:
        """The items of the bundle."""
        return self.vectors.bundled

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        ratings: Ratings,
        preset: BayesianPreset,
        *,
        seed: int,
        on_epoch: Callable[[EpochReport], None],
        checkpoints: Checkpoints,
        start: Start | None,
    ) -> tuple[Self, TrainingReport]:
        """Learn θ from ratings; see `model.presets.fit_estimator`."""
        before = None
        if start is not None:
            assert isinstance(start.estimator, cls)  # noqa: S101 - of this preset
            found = start.estimator
            before = LearntNetworks(
                found._stored.networks, found._stored.rows, found.user_space, start.item_of
            )
        learnt = learn(
            dataset,
            ratings,
            preset,
            seed=seed,
            on_epoch=on_epoch,
            checkpoints=checkpoints,
            before=before,
        )
        estimator = cls(
            preset,
            dataset.scale,
            learnt.user_space,
            learnt.item_space,
            Stored(learnt.networks, learnt.rows, learnt.content),
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
    ) -> Self:
        """Put together what `tensors` took apart; see `model.presets.restore_estimator`."""
        stored = restore(preset, user_space, item_space, tensors, item_count)
        return cls(preset, scale, user_space, item_space, stored)

    def tensors(self) -> dict[str, Tensor]:
        """The members' weights, what the encoder sees of the items, what content predicts."""
        return self._stored.named_tensors(self.item_space)

    def predict(self, dataset: Dataset, episodes: Episodes) -> Tensor:
        """Adapt to each support set and predict each query set; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        return torch.cat(
            [self._members.predict(users, chunk, self._statistics) for chunk in episodes.chunks()]
        )

    def adapt(
        self, attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> BayesianUser:
        """Run the local update on a new user's support set; see `Estimator`."""
        rated = self._rated(support_set)
        decision = local_update(self._theta, self.user_space.slots(attributes), rated)
        base = rated.base.sum(0) / np.float32(len(rated.base))
        scores = from_five_point(base + decision.predict(rated.phi)[0], self._scale)
        steps = self.preset.estimator.local_steps + 1 if support_set else 0
        return BayesianUser(steps, len(support_set), scores, decision, rated)

    def score_ablations(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: Sequence[tuple[int, float]],
        kept: Float32Array,
        items: Int64Array,
    ) -> Float32Array:
        """Adapt to parts of a support set in one batch; see `Estimator`."""
        slots = self.user_space.slots(attributes)
        decision = local_update(self._theta, slots, self._rated(support_set), kept)
        base = self.vectors.take(items, lambda table, rows: table.mean_base[rows])
        personal = decision.predict(self._items.of_members(self.representations(items)))
        return from_five_point(base + personal, self._scale)

    def representations(self, items: Int64Array) -> Float32Array:
        """Return φ of all members; see `Estimator`."""
        return self.vectors.take(items, lambda table, rows: table.flat(rows))

    def _rated(self, support_set: Sequence[tuple[int, float]]) -> RatedItems:
        """Look a support set's items up."""
        index = np.array([item for item, _ in support_set], dtype=np.int64)
        stars = np.array([rating for _, rating in support_set], dtype=np.float32)
        rating = to_five_point(stars, self._scale)
        parts = self.vectors.parts(index)
        found = [
            rated_items(table, self._stored.networks, rows, rating[chosen])
            for table, chosen, rows in parts
        ]
        if len(found) == 1:
            return found[0]
        # Back into the order in which they were given.
        order = np.argsort(np.concatenate([np.flatnonzero(chosen) for _, chosen, _ in parts]))
        return RatedItems.joined(found, order)

    def extended(self, items: LiveItems) -> Self:
        """Represent more items by what their content predicts; see `Estimator`."""
        rows = live_rows(items, self._stored, self.item_space, self.preset.estimator)
        served = build_item_table(self._stored.networks, rows, is_live=True)
        other = copy(self)
        other.vectors = self.vectors.append(served, items.count, joined)
        return other

    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items; see `Estimator`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        decision = user.decision
        scores = self.vectors.read(items, lambda table, rows: predict_items(table, decision, rows))
        return from_five_point(scores, self._scale)

    def _best(
        self, user: AdaptedUser, limit: int, among: Int64Array | None, without: Int64Array
    ) -> tuple[Int64Array, Float32Array]:
        """Find the best of the bundle's items by bounds; see `best_items`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        index, scores = best_items(
            self._items, user.decision, limit, among, without, self._theta.output
        )
        return index, from_five_point(scores, self._scale)

    def _candidates(
        self, user: AdaptedUser, allowed: BoolArray | None, left_out: int, limit: int
    ) -> Int64Array:
        """Scan clusters in few columns; see `CoarseItems`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        linear = user.decision.linear[0].ravel() / np.float32(len(self._stored.networks))
        return self._coarse.candidates(linear, limit, left_out, allowed)

    @cached_property
    def _coarse(self) -> CoarseItems:
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        return CoarseItems.of(self._items.flat, self._items.constant, self.clusters)

    def clustering_features(self) -> Float32Array:
        """Return φ / M and what θ predicts of everybody; see `Estimator`.

        A priori w has unit variance, so squared distances are those of two items' scores.
        """
        members = len(self._stored.networks)
        features = np.empty((len(self._items), self._items.features.shape[1] + 1), np.float32)
        np.divide(self._items.features, members, out=features[:, :-1])
        features[:, -1] = self._items.constant
        return features

    def prepare(self, weights: WeightsFile, *, ranks: bool = True) -> None:
        """Represent the catalogue; see `Estimator`."""
        table = self._items
        if weights.is_large:
            # Of what the encoder reads only single rows are asked for from here on.
            table = replace(table, inputs=weights.rows(INPUTS))
            self.vectors = replace(self.vectors, bundled=table)
        self._stored = self._stored._replace(rows=read_item_rows(weights.tensors()))
        super().prepare(weights, ranks=ranks)

    def discrimination(self, user: AdaptedUser) -> Float32Array:
        """Tell the posterior deviation of w·φ, which a rating can still move; see `Estimator`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        told_of_w = told(user.rated, user.decision).astype(np.float32)
        return self.vectors.every(lambda table: deviations(table, told_of_w))

    def rating_uncertainty(
        self, user: AdaptedUser, candidates: Int64Array, predicted: Int64Array
    ) -> RatingUncertainty | None:
        """Tell how unsure a user's predicted ratings are; see `Estimator`.

        In units of a scale from 1 to 5, whatever the data set's own is.
        """
        assert isinstance(user, BayesianUser)  # noqa: S101 - what `adapt` returned
        if not np.isfinite(user.rated.phi).all() or not np.isfinite(user.decision.noise).all():
            return None
        asked, others = (
            self._items.of_members(self.representations(one)).astype(np.float64)
            for one in (candidates, predicted)
        )
        noise_log = self.vectors.take(candidates, lambda table, rows: table.noise_log[rows])
        return rating_uncertainty(
            told(user.rated, user.decision),
            asked,
            others,
            noise_log.T + user.decision.noise_log[0],
        )

    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> Float32Array:
        """Mean gradient norm of each item over its raters; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        return self._members.mean_gradient_norms(users, len(dataset.user_ids), ratings)
