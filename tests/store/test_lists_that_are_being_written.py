"""A frozen list is at hand for its own user while it is being written, and for nobody else."""

import time
from datetime import datetime

import pytest

from app.services.recommendations.pagination import PageStart
from app.services.recommendations.ranking_snapshots import (
    RankingSnapshot,
    RankingSnapshots,
    ShownValues,
)
from app.store import RankingSnapshotStore, StoreClient, UserStore
from model.orders import Order
from tests.store.events import NOW, rating

pytestmark = pytest.mark.anyio


@pytest.fixture
async def created(store: UserStore, user: str) -> datetime:
    """When the user was created, who has one piece of feedback."""
    await store.add_feedback(user, [rating("seen")], NOW)
    stored = await store.get(user)
    assert stored is not None
    return stored.created_at


async def test_a_cursor_with_somebody_elses_list_finds_nothing(
    redis: StoreClient, user: str, created: datetime
):
    snapshots = RankingSnapshots(RankingSnapshotStore(redis, 30), 60)
    page = PageStart("a" * 24, 1, int(time.time()) + 60, is_anonymous=False)
    ranking = RankingSnapshot(
        {"strategy": "adapted"}, ["1", "2"], ShownValues(None, None, None, []), Order.RATING, None
    )

    await snapshots.freeze(user, created, page, ranking)
    assert await snapshots.find("somebody else", page) is None
    await snapshots.freeze(user, created, page, ranking)
    assert await snapshots.find(user, page) is ranking

    await snapshots.written()
    assert await snapshots.find(user, page) == ranking
    assert await snapshots.find("somebody else", page) is None
