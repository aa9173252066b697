"""The door into the model: load a bundle, adapt to a user, score the catalogue.

Everything here reads weights that are never written to, so any number of threads may share one
`Recommender`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np

from model.adaptation import Adaptation
from model.adapted_copy import AdaptedCopy
from model.answers import SupportSet
from model.arrays import BoolArray, Float32Array, Int64Array
from model.bundle.bundle import Bundle, load_bundle
from model.bundle.manifest import Manifest
from model.bundle.reports import TrainingReport
from model.catalogue.live import ItemChange, LiveCatalogue
from model.evidence import EvidenceScores, evidence_scores
from model.exploration import explore
from model.features import FeatureSpace, FeatureValue
from model.lists import RankedItems, orders_of, rank
from model.onboarding import Onboarding
from model.orders import Order
from model.ranking import diversified, shared_values
from model.ranking.recall import LikelyItems, PredictedRatings, recall_of_users
from model.scored_items import NO_ITEMS

DIVERSIFIED = 300
"""Best items that `diversified` chooses from."""


class Recommender:
    """A bundle, and what was put and deleted since; ready to answer.

    Args:
        bundle: What `load_bundle` returned.

    Attributes:
        bundle: What it was made of.
        manifest: Version, configuration and metrics.
        training: The course of the training; None where the bundle does not tell.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        rating_scale: Lowest and highest rating; None where the data have none.
        scale: What feedback is brought to: the rating scale, or 0 to 1 where there are no ratings.
        orders: What lists may be ordered by; the first is the default.
        catalogue: The items.
        onboarding: Chooses questions by answers; None where the preset has no relevance.
    """

    bundle: Bundle
    manifest: Manifest
    training: TrainingReport | None
    user_space: FeatureSpace
    item_space: FeatureSpace
    rating_scale: tuple[float, float] | None
    scale: tuple[float, float]
    orders: tuple[Order, ...]
    catalogue: LiveCatalogue
    onboarding: Onboarding | None

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest
        self.training = bundle.training
        self.user_space = bundle.user_space
        self.item_space = bundle.item_space
        self.rating_scale = bundle.manifest.rating_scale
        self.scale = bundle.manifest.scale
        self.orders = orders_of(bundle.rating, bundle.relevance)
        self.catalogue = LiveCatalogue(bundle.catalogue)
        self._set_adaptation(
            Adaptation(bundle.rating, bundle.relevance, bundle.user_space, self.scale)
        )

    def _set_adaptation(self, adaptation: Adaptation) -> None:
        """Answer by other items, or where some of them are hidden."""
        self._adaptation = adaptation
        self._estimator = adaptation.estimator
        self._relevance = adaptation.relevance
        self.onboarding = _onboarding(adaptation, self.catalogue)

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

    def with_changes(self, changes: Sequence[ItemChange]) -> Recommender:
        """Return a recommender over the catalogue after some changes; this one stays as it is.

        A new item is scored by what its content predicts. A trained one that changes keeps what
        its ratings told.

        Args:
            changes: In the order of time.

        Returns:
            A recommender that shares θ and all other items with this one.

        Raises:
            UnknownFeatureError: If an attribute does not exist.
            FeatureValueError: If an attribute's value does not fit.
        """
        other = copy(self)
        other.catalogue = self.catalogue.changed(changes)
        adaptation, known = self._adaptation, self.catalogue.put_rows
        if other.catalogue.put_rows > known:
            put = other.catalogue.live_items(known, self.item_space.names)
            adaptation = adaptation.extended(put)
        other._set_adaptation(adaptation)
        return other

    def warm_up(self) -> None:
        """Answer once, so that no first user waits for what is built on first use."""
        middle = sum(self.scale) / 2
        user = self.adapt({}, [(0, middle)])
        self.rank(user, 1)
        self.evidence(user)
        if self.onboarding is not None:
            self.onboarding.certainty(0)
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

    def adapt(self, attributes: Mapping[str, FeatureValue], support_set: SupportSet) -> AdaptedCopy:
        """Run the local updates on a user's support set; see `Adaptation.adapt`."""
        return self._adaptation.adapt(attributes, support_set)

    def adapt_each(
        self, users: Sequence[tuple[Mapping[str, FeatureValue], SupportSet]]
    ) -> list[AdaptedCopy]:
        """Run the local updates of several users side by side; see `Adaptation.adapt_each`."""
        return self._adaptation.adapt_each(users)

    def score(self, user: AdaptedCopy) -> Float32Array:
        """Predict the user's rating of every item, where the data have ratings.

        Args:
            user: What `adapt` returned.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """
        assert self._estimator is not None  # noqa: S101 - else nobody asks
        assert user.rating is not None  # noqa: S101 - adapted by the same model
        return self._estimator.items.score(user.rating)

    def rank(
        self,
        user: AdaptedCopy,
        limit: int,
        *,
        order: Order | None = None,
        among: Int64Array | None = None,
        without: Int64Array = NO_ITEMS,
    ) -> RankedItems:
        """Return the best items for a user; see `model.lists.rank`.

        Items that were deleted are left out.

        Args:
            user: What `adapt` returned.
            limit: Most items to return.
            order: What they are ordered by; the preset's default if None.
            among: Items to choose from, in ascending order; all if None.
            without: Items to leave out.

        Returns:
            The list.
        """
        hidden = self.catalogue.hidden
        if len(hidden):
            without = np.union1d(without, hidden)
        return rank(
            self._estimator,
            self._relevance,
            user,
            limit,
            order=order or self.orders[0],
            among=among,
            without=without,
        )

    def diversified(self, ranking: RankedItems, diversity: float) -> RankedItems:
        """Trade value for variety among the best few hundred items; see `model.ranking.diversity`.

        Items are alike as far as the estimator represents them alike and they share attributes.

        Args:
            ranking: Best first.
            diversity: 0 leaves the order, 1 looks at variety alone.

        Returns:
            The first `DIVERSIFIED` items in another order with their own values, then the others
            as they were.
        """
        if not diversity or len(ranking.index) < 2:
            return ranking
        some = ranking.index[:DIVERSIFIED]
        records = self.catalogue.records(some.tolist())
        views = [
            self._adaptation.representations(some),
            shared_values([record.attributes for record in records]),
        ]
        order = diversified(ranking.values.value[:DIVERSIFIED], views, diversity)
        return ranking.rows(np.append(order, np.arange(len(order), len(ranking.index))))

    def explored(
        self,
        user: AdaptedCopy,
        ranking: RankedItems,
        share: float,
        *,
        order: Order,
        among: Int64Array | None,
        without: Int64Array,
        seed: int,
    ) -> tuple[RankedItems, BoolArray]:
        """Give a share of a list's places to items that the model is unsure about.

        Args:
            user: What `adapt` returned.
            ranking: The list.
            share: Of the places, 0 to 1; 0 leaves the list as it is.
            order: What the list goes by.
            among: Items to choose from; all if None.
            without: Items to leave out.
            seed: Chance follows from it: equal lists have equal seeds.

        Returns:
            The list, and which of its items were explored; see `model.exploration`.
        """
        if not share:
            # Without a look at all that might be allowed.
            return ranking, np.zeros(len(ranking.index), dtype=np.bool_)
        return explore(
            self._estimator,
            self._relevance,
            user,
            ranking,
            share,
            order=order,
            allowed=np.setdiff1d(
                self.catalogue.all_items() if among is None else among,
                np.union1d(without, self.catalogue.hidden),
            ),
            seed=seed,
        )

    def leave_one_out(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        limit: int,
        items: Int64Array,
        order: Order = Order.RATING,
        beside: SupportSet = (),
        next_asked: int | None = None,
    ) -> Float32Array:
        """Tell what places on a list go by, without each answer; see `Adaptation.leave_one_out`."""
        return self._adaptation.leave_one_out(
            attributes, support_set, limit, items, order, beside, next_asked
        )

    @property
    def ranks_in_two_stages(self) -> bool:
        """Tell whether the catalogue is so large that not every item is scored exactly."""
        if self._relevance is not None:
            return self._relevance.clusters is not None
        return self._estimator is not None and self._estimator.items.clusters is not None

    def recall_of_users(self, *, users: int, limit: int, seed: int) -> Iterator[float | None]:
        """Measure what ranking in two stages misses; see `model.ranking.recall.recall_of_users`."""
        size, scale = self.catalogue.size, self.scale
        if self._relevance is not None:
            likely = LikelyItems(self._relevance)
            return recall_of_users(likely, size, scale, users=users, limit=limit, seed=seed)
        assert self._estimator is not None  # noqa: S101 - one of both is there
        ratings = PredictedRatings(self._estimator)
        return recall_of_users(ratings, size, scale, users=users, limit=limit, seed=seed)

    def evidence(self, user: AdaptedCopy) -> EvidenceScores:
        """Score how much each item's rating would teach about this user.

        The same product as the bundle's evidence candidates, discriminating times popular, but
        how far an item moves the decision layers is taken for this user as adapted so far.

        Args:
            user: What `adapt` returned.

        Returns:
            One score an item.
        """
        told = self._adaptation.discrimination(user)
        return evidence_scores(told, self.catalogue.evidence.popularity)


def _onboarding(adaptation: Adaptation, catalogue: LiveCatalogue) -> Onboarding | None:
    if adaptation.relevance is None:
        return None
    return Onboarding(adaptation, np.sort(catalogue.hidden))
