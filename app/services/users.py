"""Profiles."""

from datetime import UTC, datetime

from app.problems import Fault, SameUser, UnknownUser
from app.schemas.users import Merged, PutUser, User
from app.services.attributes import check_attributes
from app.services.feedback_meanings import FeedbackMeanings
from app.services.model_state.live_model import LiveModel
from app.services.recommendations.response_cache import ResponseCache
from app.store import Attributes, ErasureLog, UserStore, UserSummary, digest_of_user


class UserService:
    """Stores, shows, merges and erases users.

    Args:
        store: Where users are.
        live: Knows the attributes.
        meanings: Knows what counts as a rating.
        cache: Answers at hand, which erased users must not leave behind.
        erasures: Where erasures are recorded.
    """

    def __init__(
        self,
        store: UserStore,
        live: LiveModel,
        meanings: FeedbackMeanings,
        cache: ResponseCache,
        erasures: ErasureLog,
    ) -> None:
        self._store = store
        self._live = live
        self._meanings = meanings
        self._cache = cache
        self._erasures = erasures

    async def put(self, user_id: str, attributes: Attributes) -> tuple[bool, PutUser]:
        """Set a user's attributes.

        Args:
            user_id: The user.
            attributes: The whole profile.

        Returns:
            Whether the user is new, and the user with warnings of values never seen.

        Raises:
            UnknownAttribute: If the data set has no such attribute.
            InvalidAttribute: If a value does not fit its attribute's kind.
            StoreUnavailable: If the store can't be reached.
        """
        warnings = check_attributes(self._live.current.recommender, attributes)
        now, rule = datetime.now(UTC), self._meanings.rating_rule
        is_new, user = await self._store.put_profile(user_id, attributes, now, rule)
        return is_new, PutUser(**_shown(user_id, user).model_dump(), warnings=warnings)

    async def get(self, user_id: str) -> User:
        """Return what is stored of a user.

        Args:
            user_id: The user.

        Returns:
            The user.

        Raises:
            UnknownUser: If nothing is stored.
            StoreUnavailable: If the store can't be reached.
        """
        stored = await self._store.get(user_id)
        if stored is None:
            raise UnknownUser("Nothing is stored for this user.")
        summary = UserSummary(
            stored.attributes,
            self._meanings.support_size(stored.feedback),
            stored.support_version,
            stored.created_at,
            stored.updated_at,
        )
        return _shown(user_id, summary)

    async def delete(self, user_id: str) -> None:
        """Erase a user; nothing happens if there is none."""
        was_stored = await self._store.delete(user_id)
        # All workers hear of it; this one need not wait for that.
        self._cache.forget(digest_of_user(user_id))
        await self._erasures.note(user_id, was_stored=was_stored)

    async def merge(self, user_id: str, from_user_id: str) -> Merged:
        """Move what is stored of one user to another, and erase the one.

        Args:
            user_id: The user who stays, who may be new.
            from_user_id: The user who goes.

        Returns:
            What moved; nothing if nothing is stored of the user who goes.

        Raises:
            SameUser: If both are the same user.
            StoreUnavailable: If the store can't be reached.
        """
        if user_id == from_user_id:
            message = "a user can't be merged with itself"
            raise SameUser(
                f"from_user_id: {message}. Nothing was changed.",
                errors=[Fault(loc=["body", "from_user_id"], message=message)],
            )
        merge = await self._store.merge(user_id, from_user_id, datetime.now(UTC))
        self._cache.forget(digest_of_user(from_user_id))
        await self._erasures.note(from_user_id)
        return Merged(
            user_id=user_id,
            from_user_id=from_user_id,
            merged=merge.moved + merge.ignored,
            accepted=merge.moved,
            ignored=merge.ignored,
            attributes_filled=list(merge.filled),
            support_size=self._meanings.support_size(merge.user.feedback) if merge.user else 0,
            support_version=merge.user.support_version if merge.user else 0,
        )


def _shown(user_id: str, user: UserSummary) -> User:
    return User(
        user_id=user_id,
        attributes=user.attributes,
        support_size=user.support_size,
        support_version=user.support_version,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
