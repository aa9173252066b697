"""What personal answers share: a user's support set, and the adapted copy."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.actions import ActionRatings
from app.store import StoredUser
from app.store.users import Attributes
from model.estimator import AdaptedUser, FloatArray, IndexArray
from model.recommender import Recommender


@dataclass(frozen=True)
class KnownOfUser:
    """What an adapted copy follows from.

    Attributes:
        attributes: The profile.
        ratings: (item id, rating) of what counts as a rating, newest first: those that the local
            update learns from and, where there is one, the next older one.
    """

    attributes: Attributes
    ratings: list[tuple[str, float]]


class Personaliser:
    """Adapts the decision layers to stored users.

    Args:
        recommender: The model.
        actions: Knows what counts as a rating.
        support_limit: Newest ratings that the local update learns from.
    """

    def __init__(
        self, recommender: Recommender, actions: ActionRatings, support_limit: int
    ) -> None:
        self._recommender = recommender
        self._actions = actions
        self._support_limit = support_limit

    def known_of(self, user: StoredUser | None) -> KnownOfUser:
        """Take what counts from what is stored: newest ratings of items that still exist.

        Args:
            user: What is stored; None for a user never seen.

        Returns:
            Attributes and ratings.
        """
        if user is None:
            return KnownOfUser({}, [])
        index_of = self._recommender.catalogue.index_of
        ratings = [
            (feedback.item_id, rating)
            for feedback in user.feedback
            if feedback.item_id in index_of
            and (rating := self._actions.rating(feedback)) is not None
        ]
        return KnownOfUser(user.attributes, ratings[: self._support_limit + 1])

    def adapt(self, user: StoredUser | None) -> AdaptedUser:
        """Run the local update on a user's newest ratings of items that still exist.

        Args:
            user: What is stored; None for a user never seen.

        Returns:
            The user's own copy, or θ where there is no usable feedback.
        """
        return self.adapt_to(self.known_of(user))

    def adapt_to(self, known: KnownOfUser) -> AdaptedUser:
        """Run the local update on what is known of a user.

        Args:
            known: What `known_of` returned.

        Returns:
            The user's own copy, or θ where there is no usable feedback.
        """
        support_set = self._indexed(known)[: self._support_limit]
        return self._recommender.adapt(known.attributes, support_set)

    def leave_one_out(self, known: KnownOfUser, items: IndexArray) -> FloatArray:
        """Score items with all feedback, and without each piece; see `Recommender`.

        Args:
            known: What `known_of` returned.
            items: Internal item indices.

        Returns:
            Shape [1 + n, items], row i + 1 without the i-th of the n newest ratings.
        """
        return self._recommender.leave_one_out(
            known.attributes, self._indexed(known), self._support_limit, items
        )

    def _indexed(self, known: KnownOfUser) -> list[tuple[int, float]]:
        index_of = self._recommender.catalogue.index_of
        return [(index_of[item_id], rating) for item_id, rating in known.ratings]
