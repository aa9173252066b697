"""The newest feedback counts, however much there is, and reading it leaves none of it out."""

import random
from datetime import UTC, datetime, timedelta

from app.actions import DEFAULT_ACTIONS, PASSED, PICKED, UNSEEN
from app.services.comparisons import PAIR_FIRST
from app.services.feedback_meanings import FeedbackMeanings
from app.services.recommendations.adaptation import Adapter, SupportSet
from app.store import NewEvent, StoredUser, unstored_user
from model.recommender import Recommender

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = ["like", "dislike", "skip", UNSEEN, PASSED, PICKED]


def user_of(item_ids: list[str], *, actions: float, seed: int) -> StoredUser:
    """Make a user of whom a share of the feedback is no mere rating."""
    random_ = random.Random(seed)
    events = []
    for number, item_id in enumerate([*item_ids, "gone", "long-gone"]):
        value: float | str = float(random_.randint(0, 6))  # the scale is 1 to 5
        if random_.random() < actions:
            value = random_.choice(ACTIONS)
        at = NOW - timedelta(seconds=random_.randrange(30))
        asked = random_.random() < actions / 2
        events.append(NewEvent(item_id, value, at, None, 1.0, asked))
        if number % 10 == 9:
            events.append(NewEvent(f"{item_ids[0]}/{item_id}", PAIR_FIRST, at))
    return unstored_user({}, events, NOW)


def test_a_limit_keeps_the_newest_of_what_all_feedback_tells(recommender: Recommender):
    meanings = FeedbackMeanings(DEFAULT_ACTIONS, recommender.scale)
    item_ids = recommender.catalogue.bundled.item_ids.to_list()
    found = 0
    for seed in range(20):
        user = user_of(item_ids, actions=seed % 5 / 4, seed=seed)
        everything = Adapter(meanings, 10_000).support_set_of(recommender, user)
        found += len(everything.ratings) * len(everything.beside)
        for limit in (1, 5, 20, 50):
            some = Adapter(meanings, limit).support_set_of(recommender, user)

            assert some == SupportSet(
                {},
                everything.ratings[: limit + 1],
                everything.beside[: limit + 1],
                everything.compared,
            )
    assert found  # of both there was some


def test_what_is_seen_leaves_out_what_was_never_known(recommender: Recommender):
    item_ids = recommender.catalogue.bundled.item_ids.to_list()
    user = user_of(item_ids, actions=0.5, seed=1)
    unknown = {one.item_id for one in user.feedback if one.value in (UNSEEN, PASSED)}

    assert unknown
    assert user.seen == {one.item_id for one in user.feedback} - unknown
    assert user.answered == user.seen | unknown
