"""The door into the model: load a bundle, adapt to a user, score the catalogue.

Everything here reads weights that are never written to, so any number of threads may share one
`Recommender`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from model.arrays import BoolArray, Float32Array, Int64Array
from model.bundle.bundle import Bundle, load_bundle
from model.bundle.manifest import Manifest
from model.catalogue.live import ItemChange, LiveCatalogue
from model.errors import FeatureValueError
from model.estimator import NO_ITEMS, AdaptedUser, Estimator
from model.evidence import EvidenceScores, evidence_scores
from model.exploration import UNCERTAIN, drawn_best, with_explored
from model.features import FeatureSpace, FeatureValue
from model.lists import AdaptedCopy, RankedItems, orders_of, rank, relevance_of, values_of
from model.orders import Order
from model.ranking import diversified, shared_values
from model.ranking.recall import TwoStages, recall_of_users

DIVERSIFIED = 300
"""Best items that `diversified` chooses from."""
_MOST_PRIORS = 1_000
_MOST_EXPLORED = 20_000
"""Uncertain items that a list draws from."""
_LARGE_ERROR = 1 / 2
"""Mean squared error on an own support set, in widths of the scale, that calls for a closer look.

To guess the middle of the scale never errs by more than 1/4, and an end where the other is right
by 1.
"""


class Recommender:
    """A bundle, and what was put and deleted since; ready to answer.

    Args:
        bundle: What `load_bundle` returned.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._estimator = bundle.rating
        self._relevance = bundle.relevance
        self._priors: dict[str, AdaptedCopy] = {}
        self._catalogue = LiveCatalogue(bundle.catalogue)

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
    def catalogue(self) -> LiveCatalogue:
        """The items."""
        return self._catalogue

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
        catalogue = self._catalogue.changed(changes)
        other = copy(self)
        other._catalogue = catalogue
        known = self._catalogue.put_rows
        if catalogue.put_rows > known:
            put = catalogue.live_items(known, self.item_space.names)
            if self._estimator is not None:
                other._estimator = self._estimator.extended(put)
            if self._relevance is not None:
                other._relevance = self._relevance.extended(put)
        return other

    @property
    def orders(self) -> tuple[Order, ...]:
        """What lists may be ordered by; the first is the default."""
        return orders_of(self._estimator, self._relevance)

    @property
    def rating_scale(self) -> tuple[float, float] | None:
        """Lowest and highest rating; None where the data have none."""
        return self.manifest.rating_scale

    @property
    def scale(self) -> tuple[float, float]:
        """What feedback is brought to: the rating scale, or 0 to 1 where there are no ratings."""
        return self.manifest.scale

    @property
    def user_space(self) -> FeatureSpace:
        """Encoders of the user features."""
        return self._bundle.user_space

    @property
    def item_space(self) -> FeatureSpace:
        """Encoders of the item features."""
        return self._bundle.item_space

    def warm_up(self) -> None:
        """Answer once, so that no first user waits for what is built on first use."""
        middle = sum(self.scale) / 2
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
    ) -> AdaptedCopy:
        """Run the local updates on a user's support set; θ stays as it is.

        Args:
            attributes: The user's features. Those that the model does not have, or whose value
                does not fit, are passed over: they may have been stored under another model.
            support_set: (item index, rating on the data set's scale) pairs.

        Returns:
            The user's own copy of the decision layers; θ's own, marked `diverged`, where the
            local update diverged.
        """
        usable = self._usable(attributes)
        prior = self._prior(usable)
        if not support_set:
            return prior
        # What overflows on the way is found at the end.
        with np.errstate(over="ignore", invalid="ignore"):
            rating = None
            if self._estimator is not None and prior.rating is not None:
                rating = self._adapt_rating(self._estimator, usable, support_set, prior.rating)
            relevance = None
            if self._relevance is not None:
                slots = self._relevance.user_space.slots(usable)
                relevance = self._relevance.adapt(slots, support_set)
        if (rating is not None and rating.diverged) or (
            relevance is not None and not relevance.is_finite
        ):
            return replace(prior, prior=prior, has_diverged=True)
        return AdaptedCopy(rating, relevance, prior)

    def _prior(self, usable: Mapping[str, FeatureValue]) -> AdaptedCopy:
        """What is known of a user before any feedback; many have the same attributes."""
        key = repr(sorted(usable.items()))
        known = self._priors.get(key)
        if known is None:
            relevance = None
            if self._relevance is not None:
                relevance = self._relevance.adapt(self._relevance.user_space.slots(usable), [])
            rating = None if self._estimator is None else self._estimator.adapt(usable, [])
            known = AdaptedCopy(rating, relevance)
            if len(self._priors) >= _MOST_PRIORS:
                self._priors.clear()
            self._priors[key] = known
        return known

    def _adapt_rating(
        self,
        estimator: Estimator,
        usable: Mapping[str, FeatureValue],
        support_set: Sequence[tuple[int, float]],
        prior: AdaptedUser,
    ) -> AdaptedUser:
        """Adapt what predicts ratings; θ's own weights, marked, where that diverges."""
        user = estimator.adapt(usable, support_set)
        error = self._error(estimator, user, estimator.score_support_set(user), support_set)
        if error < _LARGE_ERROR:
            return user
        rated = np.array([item for item, _ in support_set], dtype=np.int64)
        before = estimator.score(prior, rated)
        if error < inf and error <= self._error(estimator, prior, before, support_set):
            return user
        return replace(prior, diverged=True)

    def _error(
        self,
        estimator: Estimator,
        user: AdaptedUser,
        predicted: Float32Array,
        support_set: Sequence[tuple[int, float]],
    ) -> float:
        """Mean squared error on the support set, in units of the scale's width; ∞ if adrift.

        A weight that is not finite may hide behind an activation function that is bounded there; a
        sum of squares hides nothing.
        """
        if not all(isfinite(np.vdot(one, one)) for one in estimator.moved_weights(user)):
            return inf
        low, high = self.scale
        error = predicted - np.array([rating for _, rating in support_set], dtype=np.float32)
        squared = float(np.vdot(error, error)) / (len(error) * (high - low) ** 2)
        return squared if isfinite(squared) else inf

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

    def score(self, user: AdaptedCopy) -> Float32Array:
        """Predict the user's rating of every item, where the data have ratings.

        Args:
            user: What `adapt` returned.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """
        assert user.rating is not None  # noqa: S101 - else nobody asks
        return self._bundle_estimator.score(user.rating)

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
        hidden = self._catalogue.hidden
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
            self._representations(some),
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
        nothing = np.zeros(len(ranking.index), dtype=np.bool_)
        model = self._relevance
        if not share or model is None or user.relevance is None:
            return ranking, nothing
        allowed = self.catalogue.all_items() if among is None else among
        allowed = np.setdiff1d(allowed, np.union1d(without, self._catalogue.hidden))
        unsure = model.uncertainty(allowed)
        uncertain = unsure > UNCERTAIN * model.learnt.content_error
        items, unsure = allowed[uncertain], unsure[uncertain]
        if len(items) > _MOST_EXPLORED:
            some = np.sort(np.random.default_rng(seed).permutation(len(items))[:_MOST_EXPLORED])
            items, unsure = items[some], unsure[some]
        drawn = drawn_best(
            model.log_chance(user.relevance, items), unsure, len(ranking.index), seed
        )
        index, marked = with_explored(ranking.index, items[drawn], share)
        values = values_of(self._estimator, model, user, index, order)
        return RankedItems(index, values), marked

    def _representations(self, items: Int64Array) -> Float32Array:
        if self._estimator is not None:
            return self._estimator.representations(items)
        assert self._relevance is not None  # noqa: S101 - one of both is there
        return self._relevance.representations(items)

    @property
    def _bundle_estimator(self) -> Estimator:
        assert self._estimator is not None  # noqa: S101 - else nobody asks
        return self._estimator

    def leave_one_out(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: Sequence[tuple[int, float]],
        limit: int,
        items: Int64Array,
        order: Order = Order.RATING,
    ) -> Float32Array:
        """Tell what places on a list go by, with all feedback and without each piece of it.

        Every row is a local update of its own, from θ on.

        Args:
            attributes: The user's features; see `adapt`.
            support_set: (item index, rating on the data set's scale) pairs, newest first.
            limit: Newest ratings that the local update learns from. Without one of them, the next
                older one is learnt from, if there is any.
            items: Internal item indices.
            order: What is told: predicted ratings, not clipped to the scale; or relevance, for
                lift too, as both move alike.

        Returns:
            The first row is with all feedback, row i + 1 without piece i. Rows are finite: where a
            local update diverges θ answers, as in `adapt`. Shape [1 + min(n, limit), items].
        """
        support_set = support_set[: limit + 1]
        count = len(support_set)
        pieces = min(count, limit)
        kept = np.ones((1 + pieces, count), dtype=np.float32)
        kept[0, limit:] = 0
        kept[1 + np.arange(pieces), np.arange(pieces)] = 0
        usable = self._usable(attributes)
        scores: Float32Array | None = None
        stayed = [True] * len(kept)
        if self._estimator is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                scores = self._estimator.score_ablations(usable, support_set, kept, items)
            diverged: BoolArray = np.atleast_1d(~np.isfinite(scores).all(axis=1))
            if diverged.any():
                scores[diverged] = self._estimator.score(self._estimator.adapt(usable, []), items)
            stayed = (~diverged).tolist()
            if order is Order.RATING or self._relevance is None:
                return scores
        assert self._relevance is not None  # noqa: S101 - one of both is there
        slots = self._relevance.user_space.slots(usable)
        likely = np.empty((len(kept), len(items)), dtype=np.float32)
        for row in range(len(kept)):
            left = [one for one, stays in zip(support_set, kept[row], strict=True) if stays]
            user = self._relevance.adapt(slots, left if stayed[row] else [])
            of_ratings = None if scores is None else scores[row]
            likely[row] = relevance_of(self._relevance, user, items, of_ratings)
        return likely

    @property
    def ranks_in_two_stages(self) -> bool:
        """Tell whether the catalogue is so large that not every item is scored exactly."""
        return (self._relevance or self._bundle_estimator).clusters is not None

    def recall_of_users(self, *, users: int, limit: int, seed: int) -> Iterator[float | None]:
        """Measure what ranking in two stages misses; see `model.ranking.recall.recall_of_users`."""
        measured: TwoStages[Any] = self._relevance or _Ratings(self._bundle_estimator)
        return recall_of_users(
            measured,
            self.catalogue.size,
            self.scale,
            users=users,
            limit=limit,
            seed=seed,
        )

    def evidence(self, user: AdaptedCopy) -> EvidenceScores:
        """Score how much each item's rating would teach about this user.

        The same product as the bundle's evidence candidates, discriminating times popular, but
        how far an item moves the decision layers is taken for this user as adapted so far.

        Args:
            user: What `adapt` returned.

        Returns:
            One score an item.
        """
        if self._estimator is not None and user.rating is not None:
            told = self._estimator.discrimination(user.rating)
        else:
            assert self._relevance is not None  # noqa: S101 - one of both is there
            assert user.relevance is not None  # noqa: S101 - adapted by the same model
            told = self._relevance.discrimination(user.relevance)
        return evidence_scores(told, self.catalogue.evidence.popularity)


class _Ratings:
    """Predicted ratings, as their recall is measured."""

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator

    def adapted_to(self, support_set: Sequence[tuple[int, float]]) -> AdaptedUser:
        return self._estimator.adapt({}, support_set)

    def found(self, user: AdaptedUser, limit: int, without: Int64Array) -> Int64Array:
        return self._estimator.rank(user, limit, without=without).index

    def exact(self, user: AdaptedUser, items: Int64Array) -> Float32Array:
        return self._estimator.score(user, items)
