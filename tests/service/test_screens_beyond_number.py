"""A body of more screens than a request may have is refused before it is gone through."""

import time
from datetime import UTC, datetime

import pytest

from app.actions import DEFAULT_ACTIONS
from app.problems import InvalidScreen
from app.schemas.feedback import FeedbackEvent
from app.services.feedback_events import EventReader
from app.services.feedback_meanings import FeedbackMeanings
from model.recommender import Recommender

NOW = datetime(2026, 1, 31, tzinfo=UTC)
MOST_SECONDS = 0.015


@pytest.mark.clock
def test_half_a_megabyte_of_screens_takes_the_event_loop_little(recommender: Recommender):
    reader = EventReader(FeedbackMeanings(DEFAULT_ACTIONS, recommender.scale))
    item_ids = recommender.catalogue.bundled.item_ids.to_list()[:100]
    events = [FeedbackEvent(shown=item_ids, picked=item_ids) for _ in range(500)]
    took = []

    for _ in range(5):
        began = time.thread_time()
        with pytest.raises(InvalidScreen, match=f"name {500 * len(item_ids)} items, 500 are"):
            reader.read(recommender, events, "events", NOW)
        took.append(time.thread_time() - began)

    assert min(took) <= MOST_SECONDS


def test_an_item_that_a_screen_names_twice_counts_once(recommender: Recommender):
    reader = EventReader(FeedbackMeanings(DEFAULT_ACTIONS, recommender.scale))
    item_id = recommender.catalogue.bundled.item_ids.to_list()[0]
    events = [FeedbackEvent(shown=[item_id] * 100, picked=[]) for _ in range(500)]

    read = reader.read(recommender, events, "events", NOW)

    assert [one.item_id for one in read.newest] == [item_id]
    assert read.outdated == 499
