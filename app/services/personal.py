"""What personal answers share: a user's support set, and the adapted copy."""

from app.services.actions import ActionRatings
from app.store import StoredUser
from model.estimator import AdaptedUser
from model.recommender import Recommender


class Personaliser:
    """Adapts the decision layers to stored users.

    Args:
        actions: Knows what counts as a rating.
        support_limit: Newest ratings that the local update learns from.
    """

    def __init__(self, actions: ActionRatings, support_limit: int) -> None:
        self._actions = actions
        self._support_limit = support_limit

    def adapt(self, recommender: Recommender, user: StoredUser | None) -> AdaptedUser:
        """Run the local update on a user's newest ratings of items that still exist.

        Args:
            recommender: The model.
            user: What is stored; None for a user never seen.

        Returns:
            The user's own copy, or θ where there is no usable feedback.
        """
        if user is None:
            return recommender.adapt({}, [])
        index_of = recommender.catalogue.index_of
        support_set = [
            (index_of[feedback.item_id], rating)
            for feedback in user.feedback
            if feedback.item_id in index_of
            and (rating := self._actions.rating(feedback)) is not None
        ]
        return recommender.adapt(user.attributes, support_set[: self._support_limit])
