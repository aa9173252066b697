"""A revision names one state of a user, so that who knows it need not read it again."""

from datetime import timedelta

import pytest

from app.store import UNCHANGED, UserStore
from tests.store.events import NOW, rating

pytestmark = pytest.mark.anyio


async def test_who_knows_the_present_revision_is_told_only_that(store: UserStore, user: str):
    await store.add_feedback(user, [rating("1")], NOW)
    first = await store.get(user)
    assert first is not None
    assert await store.get_unless(user, first.revision) is UNCHANGED
    assert await store.get_unless(user, "") == first
    assert await store.get_unless(user, "1 2") == first
    assert await store.get_unless(user + " too", first.revision) is None


async def test_every_write_makes_a_new_revision_even_at_the_same_time(store: UserStore, user: str):
    revisions = set()

    async def note() -> None:
        stored = await store.get(user)
        assert stored is not None
        revisions.add(stored.revision)

    for value in range(3):
        await store.add_feedback(user, [rating("1", value)], NOW)
        await note()
    for attributes in ({"age": 1}, {"age": 2}):
        await store.put_profile(user, attributes, NOW)
        await note()
    await store.delete_feedback(user, "1", NOW)
    await note()
    await store.add_feedback(user, [rating("2")], NOW - timedelta(hours=1))  # a clock set back
    await note()
    assert len(revisions) == 7


async def test_what_changes_nothing_keeps_the_revision(store: UserStore, user: str):
    await store.add_feedback(user, [rating("1")], NOW)
    first = await store.get(user)
    assert first is not None
    await store.add_feedback(user, [rating("1")], NOW + timedelta(seconds=1))
    await store.delete_feedback(user, "none", NOW + timedelta(seconds=1))
    assert await store.get_unless(user, first.revision) is UNCHANGED
