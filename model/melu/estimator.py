"""The preset `melu` behind the interface of all presets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.bundle.reports import EpochReport, TrainingReport
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes
from model.estimator import Estimator, StoredParts
from model.features import EncodedTable, FeatureSpace, Slots
from model.item_vectors import ItemVectors
from model.live_items import LiveItems
from model.melu.adapted_user import MeluUser
from model.melu.batch_features import BatchFeatures
from model.melu.gradient_norms import mean_gradient_norms
from model.melu.preset import MeluPreset
from model.melu.query_loss import predict_query_sets
from model.melu.serving.items import MeluItems, RatedItems
from model.melu.serving.local_update import AdaptedWeights, ServingWeights, local_update
from model.melu.serving.scoring import predict_items
from model.melu.start import LearntWeights
from model.melu.stored_weights import named_tensors, restore
from model.melu.training import train
from model.melu.weights import MetaWeights, RatingUnits, embed
from model.ranking import Clusters
from model.start import Start
from model.training_checkpoints import Checkpoints


class MeluEstimator(Estimator):
    """θ as the paper has it: embeddings of content features and decision layers.

    Args:
        preset: Configuration.
        theta: θ.
        units: The estimator's units.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        encoded: The items to score, encoded by `item_space`.
        item_count: Their number.
        clusters: Their clusters, where there are so many that ranking takes two stages.
    """

    def __init__(
        self,
        preset: MeluPreset,
        theta: MetaWeights,
        units: RatingUnits,
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        encoded: EncodedTable,
        item_count: int,
        clusters: Clusters | None = None,
    ) -> None:
        self.preset = preset
        self.theta = theta
        self.units = units
        self.user_space = user_space
        self.item_space = item_space
        self._encoded = encoded
        self._item_count = item_count
        self._clusters = clusters
        self._user_tables = {
            name: table.detach().numpy() for name, table in theta.user_embeddings.items()
        }
        user_width = preset.estimator.embedding_width * len(user_space.encoders)
        self._serving = ServingWeights.of(theta.decision, user_width)

    @cached_property
    def items(self) -> MeluItems:
        """The items by their embeddings."""
        with torch.no_grad():
            embeddings = embed(self.theta.item_embeddings, self._encoded, self._item_count)
        vectors = ItemVectors(embeddings, self._item_count)
        return MeluItems(vectors, self._clusters, self._serving, self.units)

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        ratings: Ratings,
        preset: MeluPreset,
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
            before = LearntWeights(found.theta, found.user_space, found.item_space)
        learnt = train(
            dataset,
            ratings,
            preset,
            seed=seed,
            on_epoch=on_epoch,
            checkpoints=checkpoints,
            learnt=before,
        )
        estimator = cls(
            preset,
            learnt.theta,
            learnt.units,
            learnt.user_space,
            learnt.item_space,
            learnt.item_space.encode_table(dataset.item_features),
            len(dataset.item_ids),
        )
        return estimator, learnt.report

    @classmethod
    def restore(cls, preset: MeluPreset, parts: StoredParts) -> Self:
        """Put together what a bundle stores; see `Estimator`."""
        users, items = parts.user_space, parts.item_space
        theta, units = restore(preset, parts.scale, users, items, parts.tensors)
        encoded = items.encode_table(parts.item_features)
        return cls(preset, theta, units, users, items, encoded, parts.item_count, parts.clusters)

    def tensors(self) -> dict[str, Tensor]:
        """θ and the units."""
        return named_tensors(self.theta, self.units)

    def predict(self, dataset: Dataset, episodes: Episodes) -> Tensor:
        """Adapt to each support set and predict each query set; see `Estimator`."""
        users = self.user_space.encode_table(dataset.user_features)
        features = BatchFeatures(self.theta, users, self._encoded)
        with torch.no_grad():
            chunks = [
                predict_query_sets(
                    features.tables(self.theta),
                    self.theta.decision,
                    self.preset.estimator,
                    self.units,
                    features,
                    chunk,
                )
                for chunk in episodes.chunks()
            ]
        return self.units.to_scale(torch.cat(chunks))

    def adapt(self, slots: Slots, support_set: Sequence[tuple[int, float]]) -> MeluUser:
        """Run the local update on a new user's support set; see `Estimator`."""
        steps = self.preset.estimator.local_steps if support_set else 0
        rated = self.items.rated(support_set)
        (decision,) = self._local_update(slots, rated, steps)
        scores = self.units.to_ratings(predict_items(decision, torch.from_numpy(rated.items)))
        return MeluUser(steps, len(support_set) if steps else 0, scores, decision)

    def _local_update(
        self,
        slots: Slots,
        rated: RatedItems,
        steps: int,
        kept: Float32Array | None = None,
    ) -> list[AdaptedWeights]:
        config = self.preset.estimator
        tables = self._user_tables
        parts = [
            tables[name][mine[0]] if len(mine) == 1 else tables[name][list(mine)].mean(0)
            for name, mine in slots.items()
        ]
        user = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
        return local_update(
            self._serving,
            user,
            *rated,
            local_steps=steps,
            local_learning_rate=config.local_learning_rate,
            support_damping=config.support_damping,
            kept=kept,
        )

    def score_ablations(
        self,
        slots: Slots,
        support_set: Sequence[tuple[int, float]],
        kept: Float32Array,
        items: Int64Array,
    ) -> Float32Array:
        """Adapt to parts of a support set in one batch; see `Estimator`."""
        steps = self.preset.estimator.local_steps
        embeddings = torch.from_numpy(self.items.embeddings(items))
        variants = self._local_update(slots, self.items.rated(support_set), steps, kept)
        predicted = np.stack([predict_items(decision, embeddings) for decision in variants])
        return self.units.to_ratings(predicted)

    def extended(self, items: LiveItems) -> Self:
        """Embed more items; see `Estimator`. Ratings told nothing of any item by itself."""
        encoded = self.item_space.encode_table(items.features)
        other = copy(self)
        with torch.no_grad():
            live = embed(self.theta.item_embeddings, encoded, items.count)
        other.items = self.items.extended(live, items.count, _joined)
        return other

    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> Float32Array:
        """Mean gradient norm of each item over its raters; see `Estimator`."""
        encoded = self.user_space.encode_table(dataset.user_features)
        with torch.no_grad():
            users = embed(self.theta.user_embeddings, encoded, len(dataset.user_ids))
        embeddings = self.items.vectors.bundled
        return mean_gradient_norms(self.theta, self.units, users, embeddings, ratings)


def _joined(one: Tensor, other: Tensor) -> Tensor:
    return torch.cat([one, other])
