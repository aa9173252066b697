"""The training data with what users told since: whose word counts, and whose does not any more."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.actions import DEFAULT_ACTIONS
from app.store.erasure_log import ErasureLog
from model.data import Dataset, load_dataset
from model.errors import DatasetError, ModelError
from scripts.loop.merge import MergeReport, merge_feedback
from tests.loop.exports import HOUR, NOW, Told, write_export
from tests.worlds import USERS, write_clicks, write_two_tastes

YEARS = timedelta(days=20_800)


def _merged(
    folder: Path, export: Path, out: Path, erasure_log: Path | None = None
) -> tuple[Dataset, MergeReport]:
    report = merge_feedback(folder, export, out, actions=DEFAULT_ACTIONS, erasure_log=erasure_log)
    return load_dataset(out), report


def _ratings(dataset: Dataset, user: str) -> dict[str, float]:
    rows = dataset.ratings.of_users(
        [place for place, one in enumerate(dataset.user_ids) if one == user]
    )
    return {
        dataset.item_ids[item]: float(rating)
        for item, rating in zip(rows.item_index, rows.rating, strict=True)
    }


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_two_tastes(tmp_path / "world")


def test_without_feedback_the_data_stay_as_they_are(world: Path, tmp_path: Path):
    merged, report = _merged(world, write_export(tmp_path / "export", []), tmp_path / "out")

    before = load_dataset(world)
    assert report.added == 0
    assert merged.user_ids == before.user_ids
    assert merged.item_ids == before.item_ids
    assert merged.titles == before.titles
    assert merged.user_features.equals(before.user_features)
    assert merged.item_features.equals(before.item_features)
    assert merged.description.nouns == before.description.nouns
    assert [_ratings(merged, one) for one in ("u0", "u9")] == [
        _ratings(before, one) for one in ("u0", "u9")
    ]


def test_of_two_ratings_of_an_item_the_later_counts(world: Path, tmp_path: Path):
    before = _ratings(load_dataset(world), "u0")
    earlier, later = list(before)[:2]
    told: list[Told] = [
        ("u0", earlier, 3.0, NOW - YEARS),
        ("u0", later, 3.0, NOW),
        ("u0", "no such item", 5.0, NOW),
    ]

    merged, report = _merged(world, write_export(tmp_path / "export", told), tmp_path / "out")

    assert _ratings(merged, "u0") == before | {later: 3.0}
    assert report.left_out == {"on an item that there is not": 1}


def test_where_the_data_have_no_times_feedback_is_newer(world: Path, tmp_path: Path):
    description = world / "dataset.toml"
    description.write_text(description.read_text().replace('timestamp = "at"\n', ""))
    item = next(iter(_ratings(load_dataset(world), "u0")))
    export = write_export(tmp_path / "export", [("u0", item, 3.0, NOW - YEARS)])

    merged, _ = _merged(world, export, tmp_path / "out")

    assert _ratings(merged, "u0")[item] == 3.0


@pytest.mark.parametrize(
    "times",
    [
        ("2026-01-02 03:04:05.123456", "1969-12-31T23:59:59", "2026-01-02T03:04:05+02:00"),
        ("1600000000", "5", "1600000000.25"),
        ("1600000000125", "1600000000124", "1600000000123"),
        ("20260102", "20260103", "20251231"),
        ("1600000000123456790", "1600000000123456789", "1600000000123456788"),
        ("2026-01-02T03:04:05.123456790", "2026-01-02T03:04:05.123456789", "2026-01-01"),
        ("2026-01-02", "9999-12-31", "0001-01-01"),
    ],
)
def test_times_come_back_as_they_were(tmp_path: Path, times: tuple[str, ...]):
    world = tmp_path / "world"
    world.mkdir()
    (world / "dataset.toml").write_text(
        'name = "two-tastes"\n[ratings]\nfile = "r.csv"\nuser = "u"\nitem = "i"\n'
        'rating = "r"\ntimestamp = "t"\nscale = [1, 5]\n'
    )
    # Of the first user each has a time of its own; of the other the newest stays.
    rows = [f"u{user},{n * user},{n + 1},{t}" for user in (1, 0) for n, t in enumerate(times)]
    (world / "r.csv").write_text("\n".join(["u,i,r,t", *rows]))
    before = load_dataset(world)
    export = write_export(tmp_path / "export", [("eve", "0", 3.0, NOW)])

    merged, _ = _merged(world, export, tmp_path / "out")

    told = merged.ratings.at[merged.ratings.user_index == merged.user_ids.index("eve")]  # type: ignore[index]
    assert told.tolist() == [NOW.timestamp()]
    kept = merged.ratings.user_index != merged.user_ids.index("eve")
    assert merged.ratings.at[kept].tolist() == before.ratings.at.tolist()  # type: ignore[index, union-attr]
    assert merged.ratings.rating[kept].tolist() == before.ratings.rating.tolist()


def test_new_users_and_live_items_come_with_what_is_known_of_them(world: Path, tmp_path: Path):
    export = write_export(
        tmp_path / "export",
        [("ada", "w1", 5.0, NOW), ("ada", "w2", 4.0, NOW), ("u1", "w1", 1.0, NOW)],
        profiles={"ada": {"city": "Paris", "age": 30}, "u1": {"city": "Lima"}, "idle": {}},
        items={
            "w1": {"title": "High Noon", "attributes": {"genre": ["western"], "year": 1952}},
            "w2": None,
            "5": {"title": "Another", "attributes": {"colour": "green", "studio": "unknown"}},
        },
    )

    merged, report = _merged(world, export, tmp_path / "out")

    assert report.new_users == 1
    assert report.new_items == 1
    assert _ratings(merged, "ada") == {"w1": 5.0}
    people = dict(zip(merged.user_ids, merged.user_features.rows(named=True), strict=True))
    assert people["ada"] == {"city": "Paris", "age": 30.0}
    assert people["u1"]["city"] == "Lima"
    assert people["u1"]["age"] is not None
    assert "idle" not in people
    items = dict(zip(merged.item_ids, merged.item_features.rows(named=True), strict=True))
    assert items["w1"] == {"genre": ["western"], "colour": None, "year": 1952.0}
    assert items["5"]["colour"] == "green"
    assert items["5"]["genre"] == ["comedy"]
    titles = dict(zip(merged.item_ids, merged.titles, strict=True))
    assert (titles["w1"], titles["5"], titles["6"]) == ("High Noon", "Another", "Comedy Night 6")


def test_actions_count_as_the_service_reads_them(world: Path, tmp_path: Path):
    told: list[Told] = [
        ("ada", "0", "like", NOW),
        ("ada", "1", "dislike", NOW),
        ("ada", "2", "click", NOW),
        ("ada", "3", "unseen", NOW),
        ("ada", "4", "skip", NOW),
        ("ada", "5", "picked", NOW),
        ("ada", "6", 9.0, NOW),
        ("ada", "7/8", "pair:first", NOW),
    ]

    merged, report = _merged(world, write_export(tmp_path / "export", told), tmp_path / "out")

    assert _ratings(merged, "ada") == pytest.approx({"0": 5.0, "1": 1.0, "2": 3.8})
    assert report.left_out == {
        "a comparison": 1,
        "a rating off the scale": 1,
        "the action picked": 1,
        "the action skip": 1,
        "the action unseen": 1,
    }


def test_clicks_add_up_and_a_dislike_takes_them_back(tmp_path: Path):
    world = write_clicks(tmp_path / "world")
    before = load_dataset(world)
    liked = _ratings(before, "u0")
    weak = [item for item, strength in liked.items() if strength < 0.9][:1]
    strong = [item for item, strength in liked.items() if strength > 0.9][:1]
    told: list[Told] = [
        *(("u0", item, "like", NOW) for item in weak),
        *(("u0", item, "dislike", NOW) for item in strong),
        ("ada", "0", "picked", NOW),
        ("ada", "1", "unseen", NOW),
    ]
    export = write_export(tmp_path / "export", told, dataset="clicks")

    merged, report = _merged(world, export, tmp_path / "out")

    assert weak
    assert strong
    found = _ratings(merged, "u0")
    assert found.keys() == liked.keys() - set(strong)
    assert found[weak[0]] > liked[weak[0]]
    assert _ratings(merged, "ada").keys() == {"0"}
    assert report.left_out == {"the action dislike": 1, "the action unseen": 1}


def test_a_kind_of_interactions_may_have_the_name_of_what_is_added(tmp_path: Path):
    world = write_clicks(tmp_path / "world")
    for file in (world / "dataset.toml", world / "ratings.csv"):
        file.write_text(file.read_text().replace("buy", "feedback"))
    before = load_dataset(world)
    export = write_export(tmp_path / "export", [("u0", "0", "picked", NOW)], dataset="clicks")

    merged, _ = _merged(world, export, tmp_path / "out")

    assert _ratings(merged, "u5") == _ratings(before, "u5")


def test_ids_may_be_the_titles(world: Path, tmp_path: Path):
    description = world / "dataset.toml"
    description.write_text(description.read_text().replace('title = "title"', 'title = "item_id"'))
    titles = {"w1": "High Noon", "5": "Another", "6": None}
    export = write_export(
        tmp_path / "export",
        [("ada", "w1", 5.0, NOW)],
        items={item: {"title": title, "attributes": {}} for item, title in titles.items()},
    )

    merged, _ = _merged(world, export, tmp_path / "out")

    found = dict(zip(merged.item_ids, merged.titles, strict=True))
    assert {item: found[item] for item in ("w1", "5", "6", "7")} == {
        "w1": "High Noon",
        "5": "Another",
        "6": "6",
        "7": "7",
    }


def test_who_was_erased_is_in_no_later_data(world: Path, tmp_path: Path):
    record = tmp_path / "erasures.log"
    for user in ("u3", "u4", "ada"):
        asyncio.run(ErasureLog(record).note(user))
    erased_at = datetime.now(UTC)
    # One of them was still in the store when it was exported; one came back after the erasure.
    export = write_export(tmp_path / "export", [("ada", "1", 5.0, NOW), ("eve", "1", 5.0, NOW)])
    back = write_export(
        tmp_path / "back", [("u4", "0", 2.0, erased_at)], created_at=erased_at + HOUR
    )

    gone, report = _merged(world, export, tmp_path / "out", record)
    came_back, _ = _merged(world, back, tmp_path / "out", record)

    assert report.erased_users == 2
    assert report.left_out == {"of an erased user": 1}
    assert {"u3", "u4", "ada"}.isdisjoint(gone.user_ids)
    assert "eve" in gone.user_ids
    assert len(gone.user_ids) == USERS - 1
    assert _ratings(came_back, "u4") == {"0": 2.0}
    assert "u3" not in came_back.user_ids


def test_what_an_export_before_had_does_not_stay(world: Path, tmp_path: Path):
    first = write_export(tmp_path / "first", [("ada", "1", 5.0, NOW)])
    second = write_export(tmp_path / "second", [("eve", "1", 5.0, NOW)])
    _merged(world, first, tmp_path / "out")

    merged, _ = _merged(world, second, tmp_path / "out")

    assert "ada" not in merged.user_ids
    assert "eve" in merged.user_ids


def test_what_does_not_belong_together_is_refused(world: Path, tmp_path: Path):
    other = write_export(tmp_path / "other", [], dataset="books")
    with pytest.raises(DatasetError, match="filled for 'books'"):
        _merged(world, other, tmp_path / "out")

    own = write_export(tmp_path / "own", [])
    kept = Path(shutil.copytree(world, tmp_path / "kept"))
    with pytest.raises(DatasetError, match="no merge made it"):
        _merged(world, own, kept)
    assert load_dataset(kept).user_ids == load_dataset(world).user_ids


@pytest.mark.parametrize("out", ["world/ratings.csv/out", "x" * 300])
def test_a_place_that_nothing_can_be_written_to(world: Path, tmp_path: Path, out: str):
    export = write_export(tmp_path / "export", [])

    with pytest.raises(ModelError, match="can't be"):
        _merged(world, export, tmp_path / out)


def test_merged_data_are_no_original_data(world: Path, tmp_path: Path):
    merged, own = tmp_path / "merged", write_export(tmp_path / "own", [])
    _merged(world, write_export(tmp_path / "first", [("ada", "1", 5.0, NOW)]), merged)

    with pytest.raises(DatasetError, match="Name the original data"):
        _merged(merged, own, tmp_path / "out")
    with pytest.raises(DatasetError, match="Name the original data"):
        _merged(merged, own, merged)

    assert "ada" in load_dataset(merged).user_ids
