"""What personal answers share: a user's support set, and the adapted copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.actions import RESERVED
from app.metrics import DIVERGED
from app.services.comparisons import ComparedIds, compared, is_comparison, of_items_that_exist
from app.services.feedback_meanings import FeedbackMeanings
from app.stages import Stage, in_stage
from app.store import Attributes, Feedback, StoredUser
from model.adapted_copy import AdaptedCopy
from model.answers import Answer, Comparison, Kind, kind_of_rating
from model.arrays import Float32Array, Int64Array
from model.orders import Order
from model.recommender import Recommender

_MOST_ASKED = 30
"""Newest answers to questions that are taken for a choice among what was asked: its time grows with
the cube of their number, and the next question weighs a hundred such choices."""
_MOST_PAIRS = 15
"""Newest comparisons of two that the local update learns from."""


@dataclass(frozen=True)
class SupportSet:
    """What an adapted copy follows from.

    Attributes:
        attributes: The profile.
        ratings: (item id, rating, weight, asked) of what counts as a rating, newest first: those
            that the local update learns from and, where there is one, the next older one. `asked`
            is the place among all answers to questions, the newest first; 0 for another answer.
        beside: (item id, kind, weight, asked, action) of what tells of choice alone, alike.
        compared: What was preferred of what; see `app.services.comparisons.compared`.
    """

    attributes: Attributes
    ratings: list[tuple[str, float, float, int]]
    beside: list[tuple[str, int, float, int, str]]
    compared: list[ComparedIds] = field(default_factory=list)

    def of_items_that_exist(self, recommender: Recommender) -> SupportSet:
        """Leave out answers about items that were deleted since."""
        index_of = recommender.catalogue.index_of
        return replace(
            self,
            ratings=[one for one in self.ratings if one[0] in index_of],
            beside=[one for one in self.beside if one[0] in index_of],
        )

    def rated(self, recommender: Recommender) -> list[Answer]:
        """Return the ratings by internal item index; all their items have to exist."""
        index_of, scale = recommender.catalogue.index_of, recommender.scale
        return [
            Answer(index_of[item_id], rating, kind_of_rating(rating, scale), weight, _counts(asked))
            for item_id, rating, weight, asked in self.ratings
        ]

    def told(self, recommender: Recommender) -> list[Answer]:
        """Return what tells of choice alone by internal item index; see `rated`."""
        index_of = recommender.catalogue.index_of
        return [
            Answer(index_of[item_id], None, Kind(kind), weight, _counts(asked))
            for item_id, kind, weight, asked, _ in self.beside
        ]

    def comparisons(self, recommender: Recommender) -> list[Comparison]:
        """Return what was compared, of items that exist."""
        return of_items_that_exist(self.compared, recommender.catalogue)

    def next_asked(self, recommender: Recommender) -> int | None:
        """Return the item that is taken for asked about once another is not; None if none is."""
        places = [(one[0], one[3]) for one in self.ratings]
        places += [(one[0], one[3]) for one in self.beside]
        index_of = recommender.catalogue.index_of
        return next((index_of[one] for one, asked in places if asked == _MOST_ASKED + 1), None)


class Adapter:
    """Adapts the decision layers to stored users.

    Args:
        meanings: Knows what feedback tells.
        support_limit: Newest ratings that the local update learns from, and as many answers that
            are none.

    Attributes:
        support_limit: The same.
    """

    support_limit: int

    def __init__(self, meanings: FeedbackMeanings, support_limit: int) -> None:
        self._meanings = meanings
        self.support_limit = support_limit

    def support_set_of(self, recommender: Recommender, user: StoredUser | None) -> SupportSet:
        """Take what counts from what is stored: newest answers about items that still exist.

        Args:
            recommender: Knows the items.
            user: What is stored; None for a user never seen.

        Returns:
            Attributes and answers.
        """
        if user is None:
            return SupportSet({}, [], [])
        index_of = recommender.catalogue.index_of
        ratings: list[tuple[str, float, float, int]] = []
        beside: list[tuple[str, int, float, int, str]] = []
        limit, asked_so_far = self.support_limit, 0
        for feedback in _pieces_that_count(user, ratings, limit):
            if is_comparison(feedback) or feedback.item_id not in index_of:
                continue
            meaning = self._meanings.of(feedback)
            if meaning is None:
                continue
            # These are told of what was shown, and of nothing else.
            is_asked = feedback.asked or feedback.value in RESERVED
            asked_so_far += is_asked
            place = asked_so_far if is_asked else 0
            if meaning.rating is not None:
                ratings.append((feedback.item_id, meaning.rating, meaning.weight, place))
            elif meaning.kind is not None:
                action = str(feedback.value)  # a rating on the scale is never beside
                beside.append((feedback.item_id, int(meaning.kind), meaning.weight, place, action))
        return SupportSet(
            user.attributes,
            ratings[: limit + 1],
            beside[: limit + 1],
            compared(user.beyond_ratings, _MOST_PAIRS),
        )

    def adapt_to(self, recommender: Recommender, known: SupportSet) -> AdaptedCopy:
        """Run the local update on what is known of a user.

        Args:
            recommender: The model.
            known: What `support_set_of` returned.

        Returns:
            The user's own copy, or θ where there is no usable feedback or the update diverged.
        """
        with in_stage(Stage.LOCAL_UPDATE):
            adapted = recommender.adapt(known.attributes, self.answers(recommender, known))
        if adapted.diverged:
            DIVERGED.inc()
        return adapted

    def adapt_each(
        self, recommender: Recommender, users: Sequence[StoredUser | None]
    ) -> list[tuple[SupportSet, AdaptedCopy]]:
        """Run the local updates of several users side by side, in less time than one by one.

        Args:
            recommender: The model.
            users: What is stored of each; see `support_set_of`.

        Returns:
            What the local update of each learnt from, and the user's own copy.
        """
        known = [self.support_set_of(recommender, user) for user in users]
        needed = [(one.attributes, self.answers(recommender, one)) for one in known]
        adapted = recommender.adapt_each(needed)
        if diverged := sum(one.diverged for one in adapted):
            DIVERGED.inc(diverged)
        return list(zip(known, adapted, strict=True))

    def answers(self, recommender: Recommender, known: SupportSet) -> list[Answer | Comparison]:
        """Return what the local update learns from; see `SupportSet.rated`."""
        limit = self.support_limit
        return [
            *known.rated(recommender)[:limit],
            *known.told(recommender)[:limit],
            *known.comparisons(recommender),
        ]

    def leave_one_out(
        self, recommender: Recommender, known: SupportSet, items: Int64Array, order: Order
    ) -> Float32Array:
        """Tell what a list goes by with all feedback, and without each piece; see `Recommender`.

        Args:
            recommender: The model.
            known: What `support_set_of` returned.
            items: Internal item indices.
            order: What the list goes by.

        Returns:
            The first row is with all, then without each of the newest ratings, as many as are
            learnt from; then, where the order is moved by them, without each of the newest of
            `SupportSet.beside` alike. See `model.adaptation.Adaptation.leave_one_out`.
        """
        return recommender.leave_one_out(
            known.attributes,
            known.rated(recommender),
            self.support_limit,
            items,
            order,
            [*known.told(recommender), *known.comparisons(recommender)],
            known.next_asked(recommender),
        )


def _counts(asked: int) -> bool:
    """Tell whether an answer at a place among those to questions is taken for one."""
    return 0 < asked <= _MOST_ASKED


def _pieces_that_count(
    user: StoredUser, ratings: Sequence[object], limit: int
) -> Iterator[Feedback]:
    """Return feedback, newest first; no more mere ratings once `ratings` has more than `limit`."""
    for place, one in enumerate(user.feedback):
        if len(ratings) > limit:
            newer = sum(not other.is_mere_rating for other in user.feedback[:place])
            yield from user.beyond_ratings[newer:]
            return
        yield one


class NoAdaptation(Adapter):
    """Takes every user for one of whom nothing is known, so that all get one list."""

    def support_set_of(self, recommender: Recommender, user: StoredUser | None) -> SupportSet:  # noqa: ARG002 - that is the point
        """Return what is known of an unknown user: nothing."""
        return SupportSet({}, [], [])
