"""Adapt to a user, for every objective that there is, and tell what single ratings do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite

import numpy as np

from model.adapted_user import AdaptedUser
from model.answers import SupportSet, rated
from model.arrays import Float32Array, Int64Array
from model.errors import FeatureValueError
from model.estimator import Estimator
from model.features import FeatureSpace, FeatureValue
from model.live_items import LiveItems
from model.orders import Order
from model.relevance import RelevanceModel, RelevanceUser
from model.relevance.serving.discrimination import discrimination
from model.relevance.serving.leave_one_out import adapt_to_parts

_MOST_PRIORS = 1_000
_LARGE_ERROR = 1 / 2
"""Mean squared error on an own support set, in widths of the scale, that calls for a closer look.

To guess the middle of the scale never errs by more than 1/4, and an end where the other is right
by 1.
"""


@dataclass(frozen=True)
class AdaptedCopy:
    """A user's own copy of the decision layers, for every objective that there is.

    Attributes:
        rating: For predicted ratings; None where the data have none.
        relevance: For choice; None where the preset has no relevance.
        prior: The same user without feedback, whom lift is measured against; None for the prior
            itself.
        has_diverged: Whether the chances diverged, so that these are θ's own.
        relevance_of_all: Of θ's own copies: relevance of every item of a small catalogue, once
            somebody asked; else empty.
    """

    rating: AdaptedUser | None
    relevance: RelevanceUser | None = None
    prior: AdaptedCopy | None = None
    has_diverged: bool = False
    relevance_of_all: list[Float32Array] = field(default_factory=list, compare=False, repr=False)

    @property
    def local_steps(self) -> int:
        """Steps taken; 0 without a support set, and 1 at least where only choice was told."""
        of_rating = 0 if self.rating is None else self.rating.local_steps
        if of_rating or self.relevance is None:
            return of_rating
        return self.relevance.local_steps

    @property
    def support_size(self) -> int:
        """Ratings that they were taken on."""
        if self.rating is not None:
            return self.rating.support_size
        return self.relevance.support_size if self.relevance else 0

    @property
    def diverged(self) -> bool:
        """Whether these are θ's own weights because the local update diverged."""
        return self.has_diverged or (self.rating is not None and self.rating.diverged)


class Adaptation:
    """Runs the local updates of both objectives; θ stays as it is.

    Args:
        estimator: Predicts ratings; None where the data have none.
        relevance: Tells chances; None where the preset has none.
        user_space: Encoders of the user features.
        scale: What feedback is brought to.
    """

    def __init__(
        self,
        estimator: Estimator | None,
        relevance: RelevanceModel | None,
        user_space: FeatureSpace,
        scale: tuple[float, float],
    ) -> None:
        self.estimator = estimator
        self.relevance = relevance
        self._user_space = user_space
        self.scale = scale
        self._priors: dict[str, AdaptedCopy] = {}

    def extended(self, items: LiveItems) -> Adaptation:
        """Return the same θ over more items; see `Estimator.extended`."""
        return Adaptation(
            None if self.estimator is None else self.estimator.extended(items),
            None if self.relevance is None else self.relevance.extended(items),
            self._user_space,
            self.scale,
        )

    def adapt(self, attributes: Mapping[str, FeatureValue], support_set: SupportSet) -> AdaptedCopy:
        """Adapt to a support set.

        Args:
            attributes: The user's features. Those that the model does not have, or whose value
                does not fit, are passed over: they may have been stored under another model.
            support_set: What the user answered.

        Returns:
            The user's own copy of the decision layers; θ's own, marked `diverged`, where a local
            update diverged.
        """
        usable = self._usable(attributes)
        slots = self._user_space.slots(usable)
        prior = self._prior(usable, slots)
        if not support_set:
            return prior
        # What overflows on the way is found at the end.
        with np.errstate(over="ignore", invalid="ignore"):
            rating = None
            if self.estimator is not None and prior.rating is not None:
                ratings = rated(support_set)
                rating = prior.rating
                if ratings:
                    rating = self._adapt_rating(self.estimator, usable, ratings, prior.rating)
            relevance = None
            if self.relevance is not None:
                relevance = self.relevance.adapt(slots, support_set)
        if (rating is not None and rating.diverged) or (
            relevance is not None and not relevance.is_finite
        ):
            return AdaptedCopy(prior.rating, prior.relevance, prior, has_diverged=True)
        return AdaptedCopy(rating, relevance, prior)

    def discrimination(self, user: AdaptedCopy) -> Float32Array:
        """Tell how far feedback on each item would move the user's own copy.

        Args:
            user: What `adapt` returned.

        Returns:
            That of a rating, where the data have ratings, else of a like. Shape [items].
        """
        if self.estimator is not None and user.rating is not None:
            return self.estimator.items.discrimination(user.rating)
        assert self.relevance is not None  # noqa: S101 - one of both is there
        assert user.relevance is not None  # noqa: S101 - adapted by the same model
        return discrimination(self.relevance, user.relevance)

    def representations(self, items: Int64Array) -> Float32Array:
        """Return what items are known by, whoever the user is; see `ScoredItems`."""
        if self.estimator is not None:
            return self.estimator.items.representations(items)
        assert self.relevance is not None  # noqa: S101 - one of both is there
        return self.relevance.output(items)

    def slots(self, attributes: Mapping[str, FeatureValue]) -> dict[str, list[int]]:
        """Return the slots of what is usable of a user's features; see `adapt`."""
        return self._user_space.slots(self._usable(attributes))

    def _prior(
        self, usable: Mapping[str, FeatureValue], slots: Mapping[str, list[int]]
    ) -> AdaptedCopy:
        """What is known of a user before any feedback; many have the same attributes."""
        # By slots: what a user wrote must not stay here once the user is erased.
        key = repr(slots)
        known = self._priors.get(key)
        if known is None:
            rating = None if self.estimator is None else self.estimator.adapt(usable, [])
            relevance = None if self.relevance is None else self.relevance.adapt(slots, [])
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
        error = self._error(user, user.support_scores, support_set)
        if error < _LARGE_ERROR:
            return user
        rated = np.array([item for item, _ in support_set], dtype=np.int64)
        before = estimator.items.score(prior, rated)
        if error < inf and error <= self._error(prior, before, support_set):
            return user
        return replace(prior, diverged=True)

    def _error(
        self, user: AdaptedUser, predicted: Float32Array, support_set: Sequence[tuple[int, float]]
    ) -> float:
        """Mean squared error on the support set, in units of the scale's width; ∞ if adrift."""
        if not user.is_finite:
            return inf
        low, high = self.scale
        error = predicted - np.array([rating for _, rating in support_set], dtype=np.float32)
        squared = float(np.vdot(error, error)) / (len(error) * (high - low) ** 2)
        return squared if isfinite(squared) else inf

    def _usable(self, attributes: Mapping[str, FeatureValue]) -> dict[str, FeatureValue]:
        usable = {}
        for name, value in attributes.items():
            encoder = self._user_space.encoders.get(name)
            if encoder is not None:
                try:
                    encoder.encode(value)
                except FeatureValueError:
                    continue
                usable[name] = value
        return usable

    def leave_one_out(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        limit: int,
        items: Int64Array,
        order: Order = Order.RATING,
        beside: SupportSet = (),
    ) -> Float32Array:
        """Tell what places on a list go by, with all feedback and without each piece of it.

        Every row is a local update of its own, from θ on.

        Args:
            attributes: The user's features; see `adapt`.
            support_set: Ratings, newest first.
            limit: Newest ratings that the local update learns from. Without one of them, the next
                older one is learnt from, if there is any.
            items: Internal item indices.
            order: What is told: predicted ratings, not clipped to the scale; or relevance, for
                lift too, as both move alike.
            beside: Answers that are no ratings; they stay.

        Returns:
            The first row is with all feedback, row i + 1 without piece i. Rows are finite: where a
            local update diverges θ answers, as in `adapt`. Shape [1 + min(n, limit), items].
        """
        support_set = support_set[: limit + 1]
        count = len(support_set)
        pieces = min(count, limit)
        kept = np.ones((1 + pieces, count), dtype=np.bool_)
        kept[0, limit:] = False
        kept[1 + np.arange(pieces), np.arange(pieces)] = False
        usable = self._usable(attributes)
        slots = self._user_space.slots(usable)
        prior = self._prior(usable, slots)
        scores: Float32Array | None = None
        users: list[RelevanceUser] = []
        stays = np.ones(len(kept), dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.estimator is not None:
                ratings, weights = rated(support_set), kept.astype(np.float32)
                scores = self.estimator.score_ablations(usable, ratings, weights, items)
                stays &= np.isfinite(scores).all(axis=1)
            if self.relevance is not None and order is not Order.RATING:
                users = adapt_to_parts(self.relevance, slots, support_set, kept, beside)
                stays &= [one.is_finite for one in users]
        if self.estimator is not None and scores is not None and not stays.all():
            assert prior.rating is not None  # noqa: S101 - adapted by the same model
            scores[~stays] = self.estimator.items.score(prior.rating, items)
        if self.relevance is None or order is Order.RATING:
            assert scores is not None  # noqa: S101 - one of both is there
            return scores
        assert prior.relevance is not None  # noqa: S101 - adapted by the same model
        likely = np.empty((len(kept), len(items)), dtype=np.float32)
        for row, user in enumerate(users):
            likely[row] = self.relevance.blended_relevance(
                user if stays[row] else prior.relevance,
                items,
                None if scores is None else scores[row],
            )
        return likely
