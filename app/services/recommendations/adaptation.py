"""What personal answers share: a user's support set, and the adapted copy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.metrics import DIVERGED
from app.services.actions import ActionRatings
from app.store import Attributes, StoredUser
from model.adaptation import AdaptedCopy
from model.arrays import Float32Array, Int64Array
from model.orders import Order
from model.recommender import Recommender


@dataclass(frozen=True)
class SupportSet:
    """What an adapted copy follows from.

    Attributes:
        attributes: The profile.
        ratings: (item id, rating) of what counts as a rating, newest first: those that the local
            update learns from and, where there is one, the next older one.
    """

    attributes: Attributes
    ratings: list[tuple[str, float]]

    def of_items_that_exist(self, recommender: Recommender) -> SupportSet:
        """Leave out ratings of items that were deleted since."""
        index_of = recommender.catalogue.index_of
        return replace(self, ratings=[one for one in self.ratings if one[0] in index_of])

    def indexed(self, recommender: Recommender) -> list[tuple[int, float]]:
        """Return the ratings by internal item index; all their items have to exist."""
        index_of = recommender.catalogue.index_of
        return [(index_of[item_id], rating) for item_id, rating in self.ratings]


class Adapter:
    """Adapts the decision layers to stored users.

    Args:
        actions: Knows what counts as a rating.
        support_limit: Newest ratings that the local update learns from.
    """

    def __init__(self, actions: ActionRatings, support_limit: int) -> None:
        self._actions = actions
        self._support_limit = support_limit

    def support_set_of(self, recommender: Recommender, user: StoredUser | None) -> SupportSet:
        """Take what counts from what is stored: newest ratings of items that still exist.

        Args:
            recommender: Knows the items.
            user: What is stored; None for a user never seen.

        Returns:
            Attributes and ratings.
        """
        if user is None:
            return SupportSet({}, [])
        index_of = recommender.catalogue.index_of
        ratings = [
            (feedback.item_id, rating)
            for feedback in user.feedback
            if feedback.item_id in index_of
            and (rating := self._actions.rating(feedback)) is not None
        ]
        return SupportSet(user.attributes, ratings[: self._support_limit + 1])

    def adapt(self, recommender: Recommender, user: StoredUser | None) -> AdaptedCopy:
        """Run the local update on a user's newest ratings of items that still exist.

        Args:
            recommender: The model.
            user: What is stored; None for a user never seen.

        Returns:
            The user's own copy, or θ where there is no usable feedback or the update diverged.
        """
        return self.adapt_to(recommender, self.support_set_of(recommender, user))

    def adapt_to(self, recommender: Recommender, known: SupportSet) -> AdaptedCopy:
        """Run the local update on what is known of a user.

        Args:
            recommender: The model.
            known: What `support_set_of` returned.

        Returns:
            The user's own copy, or θ where there is no usable feedback or the update diverged.
        """
        support_set = known.indexed(recommender)[: self._support_limit]
        adapted = recommender.adapt(known.attributes, support_set)
        if adapted.diverged:
            DIVERGED.inc()
        return adapted

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
            Shape [1 + n, items], row i + 1 without the i-th of the n newest ratings.
        """
        return recommender.leave_one_out(
            known.attributes, known.indexed(recommender), self._support_limit, items, order
        )
