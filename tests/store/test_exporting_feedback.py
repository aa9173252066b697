"""An export has all that users told, on every kind of server, while others write."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest
from redis import Redis

from app.store import CatalogueStore, NewEvent, StoreClient, StoredItem, UserStore
from app.store.keys import user_key
from scripts.loop import export as exporting
from scripts.loop.export import export_feedback
from scripts.loop.exported import Export, ExportError, read_export
from scripts.store_connection import StoreError
from tests.store.events import NOW, SECOND, rating
from tests.store.servers import calls_of

pytestmark = pytest.mark.anyio
MAY_BE_CALLED = {"cmdstat_scan", "cmdstat_hgetall", "cmdstat_hscan", "cmdstat_role"}


async def _exported(url: str, folder: Path) -> Export:
    await asyncio.to_thread(export_feedback, folder / "nowhere", url, folder / "export")
    return read_export(folder / "export")


async def test_everything_that_users_told_is_there(
    store: UserStore, redis: StoreClient, url: str, user: str, tmp_path: Path
):
    await store.put_profile(user, {"age": 25, "city": "Rome"}, NOW)
    await store.add_feedback(
        user,
        [
            rating("1", 4.5, NOW - SECOND),
            NewEvent("2", "like", NOW, weight=3.0, asked=True),
            NewEvent("3", "unseen", NOW, asked=True),
            NewEvent("4/5", "pair:first", NOW),
        ],
        NOW,
    )
    catalogue = CatalogueStore(redis, 30)
    await catalogue.change([(StoredItem("new", "Newest", {"genre": ["western"]}), False)])
    await catalogue.change([(StoredItem("2"), True)])

    found = await _exported(url, tmp_path)

    mine = found.feedback.filter(user_id=user).sort("item_id")
    assert mine.select("item_id", "rating", "action", "weight", "source").rows() == [
        ("1", 4.5, None, 1.0, None),
        ("2", None, "like", 3.0, "onboarding"),
        ("3", None, "unseen", 1.0, "onboarding"),
        ("4/5", None, "pair:first", 1.0, None),
    ]
    assert mine.get_column("at").to_list() == [NOW - SECOND, NOW, NOW, NOW]
    (profile,) = found.users.filter(user_id=user).rows(named=True)
    assert orjson.loads(profile["attributes"]) == {"age": 25, "city": "Rome"}
    assert profile["created_at"] == NOW
    items = {row["item_id"]: row for row in found.items.iter_rows(named=True)}
    assert items["new"]["title"] == "Newest"
    assert orjson.loads(items["new"]["attributes"]) == {"genre": ["western"]}
    assert items["2"]["deleted"]
    assert not items["new"]["deleted"]
    assert found.description.feedback == found.feedback.height
    assert found.description.onboarding >= 2


async def test_nothing_that_keeps_others_waiting_is_asked(
    redis: StoreClient, store: UserStore, url: str, user: str, tmp_path: Path
):
    await store.add_feedback(user, [rating("1")], NOW)
    before = await calls_of(redis)

    await _exported(url, tmp_path)

    called = {name for name, n in (await calls_of(redis)).items() if n > before[name]}
    assert "cmdstat_scan" in called
    # What connections and Sentinels say of themselves.
    called -= {"cmdstat_client|setinfo", "cmdstat_select", "cmdstat_command", "cmdstat_publish"}
    assert called <= MAY_BE_CALLED


async def test_who_is_erased_is_not_in_the_next_export(
    store: UserStore, url: str, user: str, tmp_path: Path
):
    await store.add_feedback(user, [rating("1")], NOW)
    assert (await _exported(url, tmp_path)).users.filter(user_id=user).height == 1

    await store.delete(user)

    found = await _exported(url, tmp_path)
    assert found.users.filter(user_id=user).height == 0
    assert found.feedback.filter(user_id=user).height == 0


async def test_nobody_is_lost_while_others_write(
    store: UserStore, url: str, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exporting, "_ROWS_A_FILE", 100)
    early = [f"{user[:100]} {number}" for number in range(300)]
    await asyncio.gather(
        *(store.add_feedback(one, [rating("1"), rating("2", 2.0)], NOW) for one in early)
    )
    is_over = asyncio.Event()

    async def write() -> int:
        number = 0
        while not is_over.is_set():
            name = f"{user[:100]} late {number}"
            await store.add_feedback(name, [rating("1")], NOW + timedelta(seconds=number))
            await store.add_feedback(early[number % 300], [rating("3")], NOW)
            if number % 2:
                await store.delete(name)
            number += 1
        return number

    writing = asyncio.create_task(write())
    found = await _exported(url, tmp_path)
    is_over.set()

    assert await writing > 0
    feedback = found.feedback.filter(pl.col("item_id").is_in(["1", "2"]))
    counts = dict(feedback.group_by("user_id").len().iter_rows())
    assert {one: counts.get(one) for one in early} == dict.fromkeys(early, 2)
    assert len(list((tmp_path / "export").glob("feedback-*.parquet"))) > 5
    for one in early:
        await store.delete(one)


async def test_what_is_no_export_is_left_alone(url: str, tmp_path: Path):
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(ExportError, match="is no export"):
        export_feedback(tmp_path, url, tmp_path)

    assert (tmp_path / "mine").read_text() == "mine"


def test_no_store_is_a_sentence(tmp_path: Path):
    with pytest.raises(StoreError, match="no store answers"):
        export_feedback(tmp_path, None, tmp_path / "export")


def test_a_store_that_fails_is_not_one_that_does_not_answer(embedded_url: str, tmp_path: Path):
    key = user_key("not a hash")
    with Redis.from_url(embedded_url) as client:
        client.set(key, "of somebody else's program")
        try:
            with pytest.raises(StoreError, match=r"has failed: .*WRONGTYPE"):
                export_feedback(tmp_path, embedded_url, tmp_path / "export")
        finally:
            client.delete(key)
    assert not (tmp_path / "export").exists()


def test_an_export_is_for_its_owner_alone(embedded_url: str, tmp_path: Path):
    export_feedback(tmp_path, embedded_url, tmp_path / "export")

    assert (tmp_path / "export").stat().st_mode & 0o777 == 0o700
