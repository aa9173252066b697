"""The door into the model: load a bundle, adapt to a user, score the catalogue.

Everything here is a plain function of weights that are never written to, so any number of
threads may share one `Recommender`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.bundle import Bundle, Manifest, load_bundle
from model.catalogue import Catalogue
from model.decision_layers import DecisionWeights, predict, predicted_gradient_norm
from model.estimator import embed
from model.evidence import EvidenceScores
from model.features import FeatureSpace, FeatureValue
from model.local_update import local_update

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AdaptedUser:
    """A user's own copy of the decision layers.

    Attributes:
        embedding: The user's content embedding, shape [user width].
        decision: Adapted weights, or θ's own where no step was taken.
        local_steps: Steps taken; 0 without a support set.
        support_size: Ratings that they were taken on.
    """

    embedding: Tensor
    decision: DecisionWeights
    local_steps: int
    support_size: int


class Recommender:
    """A bundle, ready to answer.

    Args:
        bundle: What `load_bundle` returned.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._config = bundle.manifest.preset.estimator
        items = bundle.vocabularies.items
        table = bundle.catalogue
        records = [
            {name: self._item_feature(index, name) for name in items.names}
            for index in range(len(table))
        ]
        with torch.inference_mode():
            self._item_embeddings = embed(
                bundle.theta.item_embeddings, items.encode(records), len(table)
            )

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        """Load and check a bundle.

        Args:
            folder: The bundle.

        Returns:
            The recommender.

        Raises:
            BundleError: If the bundle can't be used.
        """
        return cls(load_bundle(folder))

    @property
    def manifest(self) -> Manifest:
        """Version, configuration and metrics."""
        return self._bundle.manifest

    @property
    def catalogue(self) -> Catalogue:
        """The items."""
        return self._bundle.catalogue

    @property
    def rating_scale(self) -> tuple[float, float]:
        """Lowest and highest rating."""
        return self._bundle.units.lowest, self._bundle.units.highest

    @property
    def user_space(self) -> FeatureSpace:
        """Encoders of the user features."""
        return self._bundle.vocabularies.users

    @property
    def item_space(self) -> FeatureSpace:
        """Encoders of the item features."""
        return self._bundle.vocabularies.items

    def warm_up(self) -> None:
        """Answer once, so that no first user waits for what is built on first use."""
        middle = sum(self.rating_scale) / 2
        user = self.adapt({}, [(0, middle)])
        self.score(user)
        self.evidence(user)
        self.catalogue.attributes(0)
        self.catalogue.matching({name: [""] for name in self.catalogue.attribute_names})

    def check_attributes(self, attributes: Mapping[str, FeatureValue]) -> list[str]:
        """Check a user's attributes; return the names of those that training never saw.

        Args:
            attributes: Feature → value.

        Returns:
            Names of features whose value counts as unknown, or as the nearest number seen.

        Raises:
            UnknownFeatureError: If the data set has no such user feature.
            FeatureValueError: If a value does not fit its feature's kind.
        """
        self.user_space.encode([attributes])
        return self.user_space.unseen(attributes)

    def adapt(
        self, attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> AdaptedUser:
        """Run the local update on a user's support set; θ stays as it is.

        Args:
            attributes: The user's features; those that the model does not have are passed over.
            support_set: (item index, rating on the data set's scale) pairs.

        Returns:
            The user's own copy of the decision layers.
        """
        theta = self._bundle.theta
        known = {n: v for n, v in attributes.items() if n in self.user_space.encoders}
        with torch.inference_mode():
            user = embed(theta.user_embeddings, self.user_space.encode([known]), 1)[0]
            if not support_set or not self._config.local_steps:
                return AdaptedUser(user, theta.decision, 0, 0)
            items = self._item_embeddings[[index for index, _ in support_set]]
            rating = torch.tensor([rating for _, rating in support_set], dtype=torch.float32)
            decision = local_update(
                theta.decision,
                torch.cat([user.expand(len(items), -1), items], dim=-1),
                self._bundle.units.standardise(rating),
                torch.ones_like(rating),
                local_steps=self._config.local_steps,
                local_learning_rate=self._config.local_learning_rate,
                support_damping=self._config.support_damping,
            )
        return AdaptedUser(user, decision, self._config.local_steps, len(support_set))

    def score(self, user: AdaptedUser) -> FloatArray:
        """Predict the user's rating of every item.

        Args:
            user: What `adapt` returned.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """
        units = self._bundle.units
        with torch.inference_mode():
            predicted = predict(user.decision, self._pairs(user))
            scores: FloatArray = (predicted * units.spread + units.mean).numpy()
        return scores

    def evidence(self, user: AdaptedUser) -> EvidenceScores:
        """Score how much each item's rating would teach about this user.

        The same product as the bundle's evidence candidates, discriminating times popular, but
        the gradient norm is that of the user's own features and adapted weights.

        Args:
            user: What `adapt` returned.

        Returns:
            One score an item.
        """
        with torch.inference_mode():
            norm = predicted_gradient_norm(user.decision, self._pairs(user)).numpy()
        discrimination = (norm / max(float(norm.max(initial=0.0)), 1e-12)).astype(np.float32)
        popularity = self.catalogue.evidence.popularity
        return EvidenceScores(discrimination, popularity, discrimination * popularity)

    def _pairs(self, user: AdaptedUser) -> Tensor:
        items = self._item_embeddings
        return torch.cat([user.embedding.expand(len(items), -1), items], dim=-1)

    def _item_feature(self, index: int, name: str) -> FeatureValue:
        catalogue = self._bundle.catalogue
        if name in catalogue.attribute_names:
            return catalogue.attributes(index).get(name)
        return catalogue.titles[index]
