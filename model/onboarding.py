"""What to ask a user next, of both objectives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from model.adaptation import Adaptation
from model.adapted_copy import AdaptedCopy
from model.answers import Answer, SupportSet, answers
from model.arrays import Int64Array
from model.features import FeatureValue
from model.relevance.asking.groups import SHOWN
from model.relevance.asking.pairs import choose_pair
from model.relevance.asking.questions import (
    Predict,
    Questions,
    Unsure,
    choose_questions,
    near,
    question_pool,
    realised_gain,
    weigh_questions,
)
from model.relevance.model import RelevanceModel
from model.scored_items import NO_ITEMS

_STATIC = 200
_NEAR = 24


class ShownGroup(NamedTuple):
    """A group of items to choose from.

    Attributes:
        examples: Items that it is shown by, and that an answer tells of; shape [3].
        items: All of it.
    """

    examples: Int64Array
    items: Int64Array


class Onboarding:
    """Chooses questions; see `model.relevance.asking.questions`.

    Args:
        adaptation: Runs the local updates; has a relevance.
        hidden: Items that were deleted, in ascending order: neither asked about nor listed.
    """

    def __init__(self, adaptation: Adaptation, hidden: Int64Array = NO_ITEMS) -> None:
        assert adaptation.relevance is not None  # noqa: S101 - else nobody asks
        self._adaptation = adaptation
        self._hidden = hidden
        self._relevance: RelevanceModel = adaptation.relevance

    @cached_property
    def first_gain(self) -> float:
        """What the first answer of somebody unknown is expected to bring; certainty's measure."""
        return self.questions({}, [], 1).most_gain

    @cached_property
    def static(self) -> Questions:
        """The list for everybody: what somebody is asked of whom nothing is known."""
        return self.questions({}, [], _STATIC)

    def certainty(self, gain: float) -> float:
        """Tell how much of what answers can bring is there, 0 to 1.

        Args:
            gain: What one more answer is expected to bring.

        Returns:
            1 less its share of what the first one was expected to.
        """
        if not self.first_gain:
            return 1.0
        return min(1.0, max(0.0, 1 - gain / self.first_gain))

    def near(self, item: int, without: Int64Array) -> Int64Array:
        """Return items alike one to ask about; see `model.relevance.asking.questions.near`."""
        pool = np.setdiff1d(question_pool(self._relevance), without, assume_unique=True)
        return near(self._relevance, item, pool, _NEAR)

    def questions(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        limit: int,
        *,
        without: Int64Array = NO_ITEMS,
        among: Int64Array | None = None,
        user: AdaptedCopy | None = None,
    ) -> Questions:
        """Choose what to ask.

        Args:
            attributes: The user's features; see `Adaptation.adapt`.
            support_set: What the user answered.
            limit: Most questions.
            without: Items not to ask about, beside those that were answered; in ascending order.
            among: Items to choose from, in ascending order; all that are asked about if None.
            user: What `Adaptation.adapt` returned for the same, if it is there.

        Returns:
            The questions, best first.
        """
        user = user or self._adaptation.adapt(attributes, support_set)
        assert user.relevance is not None  # noqa: S101 - adapted by the same model
        return choose_questions(
            self._relevance,
            self._adaptation.slots(attributes),
            support_set,
            user.relevance,
            limit,
            among=self._askable(support_set, without, among),
            unlisted=self._hidden,
            predict=self._predict(user),
            unsure=self._unsure(user),
        )

    def pair(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        *,
        without: Int64Array = NO_ITEMS,
        among: Int64Array | None = None,
        user: AdaptedCopy,
    ) -> Questions:
        """Choose two items to compare; see `model.relevance.asking.pairs` and `questions`."""
        assert user.relevance is not None  # noqa: S101 - adapted by the same model
        return choose_pair(
            self._relevance,
            self._adaptation.slots(attributes),
            support_set,
            user.relevance,
            among=self._askable(support_set, without, among),
            unlisted=self._hidden,
        )

    @cached_property
    def groups(self) -> tuple[ShownGroup, ...]:
        """Groups to choose from; see `model.relevance.asking.groups`."""
        left = [part[~np.isin(part, self._hidden)] for part in self._relevance.groups]
        return tuple(ShownGroup(part[:SHOWN], part) for part in left if len(part) >= SHOWN)

    def _askable(
        self, support_set: SupportSet, without: Int64Array, among: Int64Array | None
    ) -> Int64Array:
        """Return the items that may be asked about, in ascending order."""
        given = answers(support_set, self._adaptation.scale)
        answered = np.array(sorted({one.item for one in given}), dtype=np.int64)
        pool = question_pool(self._relevance) if among is None else among
        left_out = np.union1d(np.union1d(answered, without), self._hidden)
        found: Int64Array = np.setdiff1d(pool, left_out, assume_unique=True)
        return found

    def weigh(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        items: Int64Array,
        user: AdaptedCopy,
    ) -> Questions:
        """Tell familiarity and gain of given items, each by itself; see `questions`."""
        assert user.relevance is not None  # noqa: S101 - adapted by the same model
        return weigh_questions(
            self._relevance,
            self._adaptation.slots(attributes),
            support_set,
            user.relevance,
            items,
            unlisted=self._hidden,
            predict=self._predict(user),
        )

    def _predict(self, user: AdaptedCopy) -> Predict | None:
        """Return what predicts the user's ratings; None where the data have none."""
        estimator, of_user = self._adaptation.estimator, user.rating
        if estimator is None or of_user is None:
            return None
        return lambda items: estimator.items.score(of_user, items)

    def _unsure(self, user: AdaptedCopy) -> Unsure | None:
        """Return what tells how unsure the user's predicted ratings are; None without any."""
        estimator, of_user = self._adaptation.estimator, user.rating
        if estimator is None or of_user is None:
            return None
        items = estimator.items
        return lambda asked, predicted: items.rating_uncertainty(of_user, asked, predicted)

    def gain_of(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: SupportSet,
        answer: tuple[int, float] | Answer,
        *,
        user: AdaptedCopy | None = None,
    ) -> float:
        """Tell what an answer brought, in the units of `Questions.gain`.

        Args:
            attributes: The user's features.
            support_set: What the user answered before.
            answer: The answer.
            user: What `Adaptation.adapt` returned for what was answered before, if it is there.

        Returns:
            The gain by the adapted copy itself.
        """
        user = user or self._adaptation.adapt(attributes, support_set)
        assert user.relevance is not None  # noqa: S101 - adapted by the same model
        (read,) = answers([answer], self._adaptation.scale)
        return realised_gain(
            self._relevance,
            self._adaptation.slots(attributes),
            support_set,
            user.relevance,
            read,
            self._hidden,
        )
