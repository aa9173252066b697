"""Note what users are shown, and attribute their feedback to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from cachetools import TTLCache

from app.problems import StoreUnavailable
from app.schemas.feedback import FeedbackEvent
from app.services.arms.arms import Arms, Choice
from app.services.arms.metrics import note_answers, note_list
from app.services.feedback_meanings import FeedbackMeanings
from app.store import Answered, Counted, Feedback, Mark, Marked, ServedListStore, digest_of_user
from model.answers import Kind, kind_of_rating

ATTRIBUTED_DAYS = 7
"""How long after a list was shown feedback counts for it."""
LISTS_A_DAY = 100
"""Lists of a user that a worker counts in a day. A list is new with every parameter that differs,
so one user alone could ask for more of them than all others are shown."""
_MOST_USERS = 50_000
_THOUSAND = 1000


class ServedLists:
    """Counts lists, and what users make of them.

    Nothing here may fail a request: what the store does not take is not counted.

    Args:
        store: Where lists and counts are.
        arms: What is compared.
        meanings: Knows what feedback tells.
        scale: Lowest and highest rating.
    """

    def __init__(
        self,
        store: ServedListStore,
        arms: Arms,
        meanings: FeedbackMeanings,
        scale: tuple[float, float],
    ) -> None:
        self._store = store
        self._arms = arms
        self._meanings = meanings
        self._scale = scale
        # By digests, and not with the user in the store: who is erased and comes back goes on.
        self._noted: TTLCache[tuple[str, str], int] = TTLCache(
            _MOST_USERS, timedelta(days=1).total_seconds()
        )

    async def note(
        self,
        choice: Choice,
        user_id: str,
        created_at: datetime | None,
        list_id: str,
        item_ids: Sequence[str],
    ) -> None:
        """Note what a stored user is shown, before the answer tells of it.

        Args:
            choice: What answers; nothing is noted where it is not counted.
            user_id: The user, of whom `LISTS_A_DAY` are noted.
            created_at: When the user was created; None for a further page.
            list_id: The list.
            item_ids: The items shown.
        """
        experiment = self._arms.experiment
        if choice.group is None or experiment is None:
            return
        day, arm = _today().isoformat(), choice.arm.name
        if created_at is not None and not self._may_count(user_id, day):
            return
        counter = f"{experiment.digest}:{arm}:{choice.group}"
        with suppress(StoreUnavailable):  # it was logged
            under = f"{counter}:{day}"
            if await self._store.note(user_id, created_at, list_id, under, item_ids):
                note_list(arm)
                values: dict[str, int | str] = {
                    experiment.digest: experiment.json,
                    f"{counter}:{Counted.LISTS}": 1,
                }
                await self._store.count(day, values)

    def _may_count(self, user_id: str, day: str) -> bool:
        key = digest_of_user(user_id), day
        noted = self._noted.get(key, 0)
        if noted < LISTS_A_DAY:
            self._noted[key] = noted + 1
        return noted < LISTS_A_DAY

    async def attribute(self, user_id: str, events: Sequence[FeedbackEvent]) -> int | None:
        """Count events for the lists that they name.

        Each item of a list counts once as answered, once as liked, once as rated, however often it
        is answered.

        Args:
            user_id: The user.
            events: Events that were stored, or were known.

        Returns:
            How many named a list that this user was shown, with the item on it; None while nothing
            is compared.
        """
        if self._arms.candidate is None:
            return None
        named = [(event, one) for event in events if (one := self._answered(event)) is not None]
        if not named:
            return 0
        try:
            marked = await self._store.mark(user_id, [one for _, one in named])
        except StoreUnavailable:  # it was logged
            return 0
        attributed = 0
        by_day: defaultdict[str, Counter[str]] = defaultdict(Counter)
        oldest = (_today() - timedelta(days=ATTRIBUTED_DAYS)).isoformat()
        for (event, _), change in zip(named, marked, strict=True):
            if change is None:
                continue
            counter, _, day = change.under.rpartition(":")
            if day < oldest:
                continue
            attributed += 1
            counts = _counts(event, change)
            note_answers(counter.split(":")[1], counts)
            by_day[day].update({f"{counter}:{what}": n for what, n in counts.items()})
        for day, values in by_day.items():
            await self._count(day, values)
        return attributed

    async def _count(self, day: str, values: Mapping[str, int]) -> None:
        with suppress(StoreUnavailable):  # it was logged
            await self._store.count(day, values)

    def _answered(self, event: FeedbackEvent) -> Answered | None:
        """Return what an event tells of an item of a list; None if it names no list."""
        value = event.rating if event.rating is not None else event.action
        if event.list_id is None or event.item_id is None or value is None:
            return None
        meaning = self._meanings.of(Feedback(event.item_id, value, 0))
        marks = Mark.ANSWERED
        if meaning is not None:
            kind = meaning.kind
            if meaning.rating is not None:
                kind = kind_of_rating(meaning.rating, self._scale)
            marks |= Mark.LIKED if kind is Kind.LIKED else Mark(0)
        if event.rating is not None:
            marks |= Mark.RATED
        return Answered(event.list_id, event.item_id, marks)


def _counts(event: FeedbackEvent, change: Marked) -> dict[Counted, int]:
    """Return what an answer adds, without what it adds nothing to."""
    counts = {
        Counted.ACCEPTED: int(change.is_first_like),
        Counted.ANSWERS: int(Mark.ANSWERED in change.new),
        Counted.LIKES: int(Mark.LIKED in change.new),
    }
    if Mark.RATED in change.new and event.rating is not None:
        counts |= {
            Counted.RATINGS: 1,
            Counted.RATING_SUM: round(_THOUSAND * event.rating),
        }
    return {what: count for what, count in counts.items() if count}


def _today() -> date:
    return datetime.now(UTC).date()
