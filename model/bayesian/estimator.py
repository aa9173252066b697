"""The preset `default` behind the interface of all presets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.bayesian.adapted_user import BayesianUser
from model.bayesian.preset import BayesianPreset
from model.bayesian.rating_scale import from_five_point
from model.bayesian.serving.item_table import build_item_table, joined
from model.bayesian.serving.items import BayesianItems
from model.bayesian.serving.local_update import AdaptedWeights, RatedItems, local_update
from model.bayesian.serving.new_items import live_rows
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
from model.estimator import Estimator, StoredParts
from model.features import FeatureSpace, Slots
from model.item_vectors import ItemVectors
from model.live_items import LiveItems
from model.ranking import Clusters
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
        clusters: The items' clusters, where there are so many that ranking takes two stages.
    """

    def __init__(
        self,
        preset: BayesianPreset,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        stored: Stored,
        statistics: ItemStatistics | None = None,
        clusters: Clusters | None = None,
    ) -> None:
        self.preset = preset
        self.user_space = user_space
        self.item_space = item_space
        self._scale = scale
        self._stored = stored
        self._statistics = statistics
        self._clusters = clusters
        self._theta = StackedWeights.of(stored.networks, user_space.names)

    @cached_property
    def _members(self) -> RepresentedMembers:
        return RepresentedMembers(self._stored.networks, self._stored.rows, self._scale)

    @cached_property
    def items(self) -> BayesianItems:
        """The items by what the members represent them by."""
        networks, rows = self._stored.networks, self._stored.rows
        vectors = ItemVectors(build_item_table(networks, rows), len(rows))
        return BayesianItems(vectors, self._clusters, networks, self._theta, self._scale)

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
        """Learn θ from ratings; see `Estimator`."""
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
    def restore(cls, preset: BayesianPreset, parts: StoredParts) -> Self:
        """Put together what a bundle stores; see `Estimator`.

        The rows of the items are among its tensors.
        """
        users, items = parts.user_space, parts.item_space
        stored = restore(preset, users, items, parts.tensors, parts.item_count)
        return cls(preset, parts.scale, users, items, stored, clusters=parts.clusters)

    def tensors(self) -> dict[str, Tensor]:
        """The members' weights, what the encoder sees of the items, what content predicts."""
        return self._stored.named_tensors(self.item_space)

    def predict(self, dataset: Dataset, episodes: Episodes) -> Tensor:
        """Adapt to each support set and predict each query set; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        return torch.cat(
            [self._members.predict(users, chunk, self._statistics) for chunk in episodes.chunks()]
        )

    def adapt(self, slots: Slots, support_set: Sequence[tuple[int, float]]) -> BayesianUser:
        """Run the local update on a new user's support set; see `Estimator`."""
        rated = self.items.rated(support_set)
        decision = local_update(self._theta, [slots], rated)
        return self._user(decision, rated, decision.predict(rated.phi)[0])

    def adapt_each(
        self,
        users: Sequence[Slots],
        support_sets: Sequence[Sequence[tuple[int, float]]],
    ) -> list[BayesianUser]:
        """Run the local updates of several users side by side; see `Estimator`."""
        rated = [self.items.rated(one) for one in support_sets]
        together, kept = RatedItems.padded(rated)
        decision = local_update(self._theta, users, together, kept)
        moved = decision.predict(together.phi)
        return [
            self._user(decision.of_user(at, len(one.rating)), one, moved[at, : len(one.rating)])
            for at, one in enumerate(rated)
        ]

    def _user(
        self, decision: AdaptedWeights, rated: RatedItems, moved: Float32Array
    ) -> BayesianUser:
        """Put together what a user's own copy is, with what it adds to the base ratings."""
        base = rated.base.sum(0) / np.float32(len(rated.base))
        scores = from_five_point(base + moved, self._scale)
        count = len(rated.rating)
        steps = self.preset.estimator.local_steps + 1 if count else 0
        return BayesianUser(steps, count, scores, decision, rated)

    def score_ablations(
        self,
        slots: Slots,
        support_set: Sequence[tuple[int, float]],
        kept: Float32Array,
        items: Int64Array,
    ) -> Float32Array:
        """Adapt to parts of a support set in one batch; see `Estimator`."""
        decision = local_update(self._theta, [slots], self.items.rated(support_set), kept)
        return self.items.score_variants(decision, items)

    def extended(self, items: LiveItems) -> Self:
        """Represent more items by what their content predicts; see `Estimator`."""
        rows = live_rows(items, self._stored, self.item_space, self.preset.estimator)
        served = build_item_table(self._stored.networks, rows, is_live=True)
        other = copy(self)
        other.items = self.items.extended(served, items.count, joined)
        return other

    def prepare(self, weights: WeightsFile, *, ranks: bool = True) -> None:
        """Represent the catalogue; see `Estimator`."""
        items = self.items
        if weights.is_large:
            # Of what the encoder reads only single rows are asked for from here on.
            self.items = items.reading(weights.rows(INPUTS))
        self._stored = self._stored._replace(rows=read_item_rows(weights.tensors()))
        super().prepare(weights, ranks=ranks)

    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> Float32Array:
        """Mean gradient norm of each item over its raters; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        return self._members.mean_gradient_norms(users, len(dataset.user_ids), ratings)
