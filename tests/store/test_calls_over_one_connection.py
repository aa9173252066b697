"""Reads, lists that are frozen and the catalogue's version go over one connection together."""

import asyncio

import pytest

from app.store import (
    CatalogueStore,
    RankingSnapshotStore,
    StoreClient,
    StoredItem,
    StoredUser,
    UserStore,
    close_store,
    connect_store,
)
from tests.store.events import NOW, rating
from tests.store.servers import kill_connections

pytestmark = pytest.mark.anyio


async def stored(store: UserStore, user: str) -> StoredUser:
    found = await store.get(user)
    assert found is not None
    return found


async def test_two_connections_are_enough_for_all_that_a_worker_does(url: str, user: str):
    redis = connect_store(url, timeout_seconds=30, connections=2)
    users, lists, items = UserStore(redis), RankingSnapshotStore(redis, 5), CatalogueStore(redis, 5)
    try:
        await users.add_feedback(user, [rating("first")], NOW)
        created = (await stored(users, user)).created_at

        async def go_on(number: int) -> None:
            await items.version()
            await users.add_feedback(user, [rating(str(number))], NOW)
            assert await lists.put(user, created, f"{number:024x}", f"text {number}", 60)
            assert (await stored(users, user)).support_version > 1

        await asyncio.gather(*(go_on(number) for number in range(40)))

        assert len((await stored(users, user)).feedback) == 41
        kept = [await lists.get(user, f"{number:024x}") for number in range(40)]
        found = {number: text for number, text in enumerate(kept) if text is not None}
        assert len(found) == 8
        assert found == {number: f"text {number}" for number in found}
    finally:
        await users.delete(user)
        await close_store(redis)


async def test_a_list_is_frozen_although_the_connection_was_cut(redis: StoreClient, user: str):
    users, lists = UserStore(redis), RankingSnapshotStore(redis, 30)
    await users.add_feedback(user, [rating("seen")], NOW)
    created = (await stored(users, user)).created_at
    assert await lists.put(user, created, "one", "text", 60)

    await kill_connections(redis, "normal")

    assert await lists.put(user, created, "another", "another text", 60)
    assert await lists.get(user, "another") == "another text"


async def test_each_who_asks_gets_the_version_of_after_the_last_change(
    redis: StoreClient, user: str
):
    users, items = UserStore(redis), CatalogueStore(redis, 30)
    await users.add_feedback(user, [rating("seen")], NOW)

    for number in range(5):
        before = await items.version()
        await items.change([(StoredItem(f"new {user[-80:]} {number}", "", {}), False)])
        one, _, another = await asyncio.gather(items.version(), users.get(user), items.version())
        versions = [one, another, await items.version()]
        assert len(set(versions)) == 1
        assert versions[0] != before
        assert versions[0].number > before.number
