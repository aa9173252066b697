"""The door into the model: load a bundle, adapt to a user, score the catalogue.

Everything here reads weights that are never written to, so any number of threads may share one
`Recommender`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from model.bundle import Bundle, Manifest, load_bundle
from model.catalogue import Catalogue
from model.errors import FeatureValueError
from model.estimator import NO_ITEMS, AdaptedUser, FloatArray, IndexArray, Ranking
from model.evidence import EvidenceScores, evidence_scores
from model.features import FeatureSpace, FeatureValue
from model.recall import recall_of_users


class Recommender:
    """A bundle, ready to answer.

    Args:
        bundle: What `load_bundle` returned.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._estimator = bundle.estimator

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
        return self.manifest.rating_scale

    @property
    def user_space(self) -> FeatureSpace:
        """Encoders of the user features."""
        return self._estimator.user_space

    @property
    def item_space(self) -> FeatureSpace:
        """Encoders of the item features."""
        return self._estimator.item_space

    def warm_up(self) -> None:
        """Answer once, so that no first user waits for what is built on first use."""
        middle = sum(self.rating_scale) / 2
        user = self.adapt({}, [(0, middle)])
        self.rank(user, 1)
        self.evidence(user)
        self.catalogue.records([0])

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
            attributes: The user's features. Those that the model does not have, or whose value
                does not fit, are passed over: they may have been stored under another model.
            support_set: (item index, rating on the data set's scale) pairs.

        Returns:
            The user's own copy of the decision layers.
        """
        return self._estimator.adapt(self._usable(attributes), support_set)

    def _usable(self, attributes: Mapping[str, FeatureValue]) -> dict[str, FeatureValue]:
        usable = {}
        for name, value in attributes.items():
            encoder = self.user_space.encoders.get(name)
            if encoder is not None:
                try:
                    encoder.encode(value)
                except FeatureValueError:
                    continue
                usable[name] = value
        return usable

    def score(self, user: AdaptedUser) -> FloatArray:
        """Predict the user's rating of every item.

        Args:
            user: What `adapt` returned.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """
        return self._estimator.score(user)

    def rank(
        self,
        user: AdaptedUser,
        limit: int,
        *,
        among: IndexArray | None = None,
        without: IndexArray = NO_ITEMS,
    ) -> Ranking:
        """Return the items that the user would rate highest; see `Estimator.rank`."""
        return self._estimator.rank(user, limit, among=among, without=without)

    @property
    def ranks_in_two_stages(self) -> bool:
        """Tell whether the catalogue is so large that not every item is scored exactly."""
        return self._estimator.clusters is not None

    def recall_of_users(self, *, users: int, limit: int, seed: int) -> Iterator[float | None]:
        """Measure what ranking in two stages misses; see `model.recall.recall_of_users`."""
        return recall_of_users(
            self._estimator,
            len(self.catalogue),
            self.rating_scale,
            users=users,
            limit=limit,
            seed=seed,
        )

    def evidence(self, user: AdaptedUser) -> EvidenceScores:
        """Score how much each item's rating would teach about this user.

        The same product as the bundle's evidence candidates, discriminating times popular, but
        how far an item moves the decision layers is taken for this user as adapted so far.

        Args:
            user: What `adapt` returned.

        Returns:
            One score an item.
        """
        return evidence_scores(self._estimator.teaching(user), self.catalogue.evidence.popularity)
