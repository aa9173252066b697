"""A folder whose files are parts of one table is read as one, with what its folders are called."""

import random
from pathlib import Path

import polars as pl
import pytest

from model.data import Dataset, load_dataset, rating_table
from model.data.proposal import Proposal, as_toml, propose
from model.errors import DatasetError

SOURCE = random.Random(0)
ROWS = pl.DataFrame(
    [
        (f"u{user}", f"i{item}", SOURCE.randint(1, 5), f"20{20 + user % 3}", f"{item % 2 + 1}")
        for user in range(30)
        for item in SOURCE.sample(range(20), 8)
    ],
    schema=["user", "item", "rating", "year", "month"],
    orient="row",
)


def proposed(folder: Path) -> Proposal:
    return propose(folder, lambda _question, _answers, likeliest: likeliest)


def read(folder: Path, proposal: Proposal) -> Dataset:
    (folder / "dataset.toml").write_text(as_toml(proposal), encoding="utf-8")
    return load_dataset(folder)


def triples_of(data: Dataset) -> set[tuple[str, str, float]]:
    columns = (data.ratings.user_index, data.ratings.item_index, data.ratings.rating)
    return {
        (data.user_ids[user], data.item_ids[item], float(rating))
        for user, item, rating in zip(*columns, strict=True)
    }


def write_spark(folder: Path, kind: str) -> None:
    """Parts in a folder that is called as a file would be."""
    table = folder / f"ratings.{kind}"
    table.mkdir()
    (table / "_SUCCESS").touch()
    (table / f".part-0.{kind}.crc").write_bytes(b"\0")
    (table / "_temporary").mkdir()
    ROWS.head(9).write_parquet(table / "_temporary" / "part-9.parquet")
    for at in range(3):
        part = ROWS.select("user", "item", "rating").slice(80 * at, 80)
        if kind == "parquet":
            part.write_parquet(table / f"part-0000{at}-c0.snappy.parquet")
        else:
            part.write_csv(table / f"part-0000{at}-c0.csv")


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_the_folder_of_a_job(tmp_path: Path, kind: str):
    write_spark(tmp_path, kind)

    proposal = proposed(tmp_path)
    data = read(tmp_path, proposal)

    assert [name.split("-c0")[0] for name in proposal.ratings.names] == [
        f"ratings.{kind}/part-0000{at}" for at in range(3)
    ]
    assert triples_of(data) == {(user, item, float(r)) for user, item, r, *_ in ROWS.rows()}
    assert sum(file.read for file in data.report.files.values()) == len(ROWS)


def test_folders_that_tell_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    events = ROWS.select("user", "item", "month")
    for what, month in (("view", "1"), ("add to%2Fcart", "2"), ("__HIVE_DEFAULT_PARTITION__", "3")):
        folder = tmp_path / "events" / f"event={what}"
        folder.mkdir(parents=True)
        part = events.filter(pl.col("month") == month).drop("month")
        (part if len(part) else events.head(4).drop("month")).write_parquet(folder / "0.parquet")

    proposal = proposed(tmp_path)
    (tmp_path / "dataset.toml").write_text(as_toml(proposal), encoding="utf-8")
    data = load_dataset(tmp_path, skip_bad_rows=True)
    monkeypatch.setattr(rating_table, "SLICE_ROWS", 7)
    in_slices = load_dataset(tmp_path, skip_bad_rows=True)

    assert proposal.columns["event"] == "event"
    assert proposal.events == {"view": 1, "add to/cart": 3}
    # An item is of one month, so the kind of an event follows from it.
    weak = {data.ratings.rating[at] for at in range(len(data.ratings)) if is_even(data, at)}
    strong = {data.ratings.rating[at] for at in range(len(data.ratings)) if not is_even(data, at)}
    assert len(weak) == len(strong) == 1
    assert min(strong) > max(weak)
    assert sum(file.rows for file in data.report.files.values()) == len(ROWS) + 4
    assert sum(file.refused for file in data.report.files.values()) == 4
    assert triples_of(in_slices) == triples_of(data)


def is_even(data: Dataset, at: int) -> bool:
    return int(data.item_ids[data.ratings.item_index[at]][1:]) % 2 == 0


def test_folders_within_folders_are_counted_apart(tmp_path: Path):
    for (year, month), part in ROWS.partition_by("year", "month", as_dict=True).items():
        folder = tmp_path / "ratings" / f"year={year}" / f"month={month}"
        folder.mkdir(parents=True)
        part.drop("year", "month").write_parquet(folder / "part-0.parquet")

    proposal = proposed(tmp_path)
    data = read(tmp_path, proposal)

    assert len(proposal.ratings.names) == len(data.report.files) == 6
    assert "'year', 'month' is left out" in "\n".join(proposal.reasons)
    assert triples_of(data) == {(user, item, float(r)) for user, item, r, *_ in ROWS.rows()}


def test_parts_that_differ_are_no_table(tmp_path: Path):
    write_spark(tmp_path, "parquet")
    ROWS.select("user", "item").write_parquet(tmp_path / "ratings.parquet" / "part-00009.parquet")

    with pytest.raises(DatasetError, match=r"part-00009\.parquet is written otherwise than .*put"):
        proposed(tmp_path)


@pytest.mark.parametrize("log", ["_delta_log", ".hoodie"])
def test_a_table_whose_files_hold_deleted_rows_is_told(tmp_path: Path, log: str):
    write_spark(tmp_path, "parquet")
    (tmp_path / "ratings.parquet" / log).mkdir()

    with pytest.raises(DatasetError, match="may hold rows that were deleted since: export it"):
        proposed(tmp_path)


def test_any_other_folder_is_left_where_it_is(tmp_path: Path):
    ROWS.write_csv(tmp_path / "ratings.csv")
    (tmp_path / "backup").mkdir()
    ROWS.head(50).write_csv(tmp_path / "backup" / "ratings.csv")

    proposal = proposed(tmp_path)

    assert proposal.ratings.names == ["ratings.csv"]
    assert "backup is a folder, and left out: put its tables beside it." in proposal.reasons
