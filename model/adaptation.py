"""Adapt to a user, for every objective that there is, and tell what single answers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf, isfinite

import numpy as np

from model.adapted_copy import AdaptedCopy, adapted_copy
from model.adapted_user import AdaptedUser
from model.answers import SupportSet, answers, comparisons, rated
from model.arrays import Float32Array, Int64Array
from model.estimator import Estimator
from model.features import FeatureSpace, FeatureValue, Slots
from model.live_items import LiveItems
from model.orders import Order
from model.relevance import RelevanceModel, RelevanceUser
from model.relevance.serving.discrimination import discrimination
from model.relevance.serving.leave_one_out import adapt_to_parts, left_out, without_each

_MOST_PRIORS = 1_000
_FEW_ANSWERS = 32
"""Answers up to which calls take longer than arithmetic, so that users gain by going together."""
_LARGE_ERROR = 1 / 2
"""Mean squared error on an own support set, in widths of the scale, that calls for a closer look.

To guess the middle of the scale never errs by more than 1/4, and an end where the other is right
by 1.
"""


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
        slots = self.slots(attributes)
        prior = self._prior(slots)
        if not support_set:
            return prior
        # What overflows on the way is found at the end.
        with np.errstate(over="ignore", invalid="ignore"):
            rating = prior.rating
            ratings = rated(support_set)
            if self.estimator is not None and ratings:
                user = self.estimator.adapt(slots, ratings)
                rating = self._checked(self.estimator, user, ratings, prior)
            relevance = None
            if self.relevance is not None:
                relevance = self.relevance.adapt(slots, support_set)
        return adapted_copy(rating, relevance, prior)

    def adapt_each(
        self, users: Sequence[tuple[Mapping[str, FeatureValue], SupportSet]]
    ) -> list[AdaptedCopy]:
        """Adapt to several users side by side, which takes less than one after the other.

        Args:
            users: Attributes and support set of each; see `adapt`.

        Returns:
            What `adapt` returns for each, but for rounding.
        """
        few = [at for at, (_, given) in enumerate(users) if 0 < len(given) <= _FEW_ANSWERS]
        found: dict[int, AdaptedCopy] = {}
        if len(few) > 1:
            adapted = self._side_by_side([users[at] for at in few])
            found = dict(zip(few, adapted, strict=True))
        return [found.get(at) or self.adapt(*one) for at, one in enumerate(users)]

    def _side_by_side(
        self, users: Sequence[tuple[Mapping[str, FeatureValue], SupportSet]]
    ) -> list[AdaptedCopy]:
        """Adapt to users all of whom gave feedback."""
        slots = [self.slots(attributes) for attributes, _ in users]
        priors = [self._prior(one) for one in slots]
        ratings = [rated(given) for _, given in users]
        of_rating = [prior.rating for prior in priors]
        of_choice: Sequence[RelevanceUser | None] = [None] * len(users)
        with np.errstate(over="ignore", invalid="ignore"):
            some = [at for at, one in enumerate(ratings) if one]
            if self.estimator is not None and some:
                adapted = self.estimator.adapt_each(
                    [slots[at] for at in some], [ratings[at] for at in some]
                )
                for at, user in zip(some, adapted, strict=True):
                    of_rating[at] = self._checked(self.estimator, user, ratings[at], priors[at])
            if self.relevance is not None:
                of_choice = self.relevance.adapt_each(slots, [given for _, given in users])
        return [adapted_copy(*one) for one in zip(of_rating, of_choice, priors, strict=True)]

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
        return self._user_space.usable_slots(attributes)

    def _prior(self, slots: Slots) -> AdaptedCopy:
        """What is known of a user before any feedback; many have the same attributes."""
        # By slots: what a user wrote must not stay here once the user is erased.
        key = repr(slots)
        known = self._priors.get(key)
        if known is None:
            rating = None if self.estimator is None else self.estimator.adapt(slots, [])
            relevance = None if self.relevance is None else self.relevance.adapt(slots, [])
            known = AdaptedCopy(rating, relevance)
            if len(self._priors) >= _MOST_PRIORS:
                self._priors.clear()
            self._priors[key] = known
        return known

    def _checked(
        self,
        estimator: Estimator,
        user: AdaptedUser,
        support_set: Sequence[tuple[int, float]],
        prior: AdaptedCopy,
    ) -> AdaptedUser:
        """Return a user's own copy, or θ's own weights, marked, where the local update diverged."""
        error = self._error(user, user.support_scores, support_set)
        if error < _LARGE_ERROR:
            return user
        assert prior.rating is not None  # noqa: S101 - adapted by the same model
        rated = np.array([item for item, _ in support_set], dtype=np.int64)
        before = estimator.items.score(prior.rating, rated)
        if error < inf and error <= self._error(prior.rating, before, support_set):
            return user
        return replace(prior.rating, diverged=True)

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
        """Tell what places on a list go by, with all feedback and without each piece of it.

        Every row is a local update of its own, from θ on.

        Args:
            attributes: The user's features; see `adapt`.
            support_set: Ratings, newest first.
            limit: Newest ratings that the local update learns from, and newest answers that are
                none. Without one of them, the next older one is learnt from, if there is any.
            items: Internal item indices.
            order: What is told: predicted ratings, not clipped to the scale; or relevance, for
                lift too, as both move alike.
            beside: Answers that are no ratings, newest first, and comparisons, all of which stay.
            next_asked: Item whose answer, beyond the most that are taken for a choice among what
                was asked, is one of them where another is left out.

        Returns:
            The first row is with all feedback, row i + 1 without piece i: first each of the r
            ratings that are learnt from; then, unless the order is that of predicted ratings, which
            nothing else moves, each of the b answers beside. Rows are finite: where a local update
            diverges θ answers, as in `adapt`. Shape [1 + r + b, items] or [1 + r, items].
        """
        support_set = support_set[: limit + 1]
        kept = without_each(len(support_set), limit)
        slots = self.slots(attributes)
        prior = self._prior(slots)
        scores: Float32Array | None = None
        users: list[RelevanceUser] = []
        stays = np.ones(len(kept), dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.estimator is not None:
                ratings, weights = rated(support_set), kept.astype(np.float32)
                scores = self.estimator.score_ablations(slots, ratings, weights, items)
                stays &= np.isfinite(scores).all(axis=1)
            if self.relevance is not None and order is not Order.RATING:
                every, parts = left_out(
                    answers(support_set, self.scale),
                    answers(beside, self.scale)[: limit + 1],
                    limit,
                    next_asked,
                )
                users = adapt_to_parts(self.relevance, slots, every, parts, comparisons(beside))
                # What is no rating moves no predicted rating.
                rating_row = np.append(np.arange(len(kept)), np.zeros(len(parts) - len(kept), int))
                stays = stays[rating_row] & [one.is_finite for one in users]
                scores = None if scores is None else scores[rating_row]
        if self.estimator is not None and scores is not None and not stays.all():
            assert prior.rating is not None  # noqa: S101 - adapted by the same model
            scores[~stays] = self.estimator.items.score(prior.rating, items)
        if self.relevance is None or order is Order.RATING:
            assert scores is not None  # noqa: S101 - one of both is there
            return scores
        assert prior.relevance is not None  # noqa: S101 - adapted by the same model
        likely = np.empty((len(users), len(items)), dtype=np.float32)
        for row, user in enumerate(users):
            likely[row] = self.relevance.blended_relevance(
                user if stays[row] else prior.relevance,
                items,
                None if scores is None else scores[row],
            )
        return likely
