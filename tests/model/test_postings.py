"""Which items have a value, however tables grow."""

import numpy as np
import polars as pl

from model.catalogue.bundled import ItemTable

FIXED = {"discrimination": 0.0, "popularity": 0.0, "score": 0.0}


def rows(start: int, genres: list[list[str] | None]) -> pl.DataFrame:
    ids = [f"i{start + at}" for at in range(len(genres))]
    return pl.DataFrame(
        {"item_id": ids, "title": ids, "attribute.genre": genres},
        schema_overrides={"attribute.genre": pl.List(pl.String)},
    ).with_columns(**{name: pl.lit(value) for name, value in FIXED.items()})


def found(table: ItemTable, *values: str) -> list[int]:
    matching = table.matching({"genre": list(values)})
    assert matching is not None
    return matching.tolist()


def test_a_longer_table_shares_what_the_shorter_found():
    short = ItemTable(rows(0, [["Drama"], None, ["drama", "War"]]))
    assert found(short, "DRAMA ") == [0, 2]
    long = short.continued(rows(3, [["War"], ["Drama"]]))
    longer = long.continued(rows(5, [["drama"], []]))

    assert found(longer, "drama") == [0, 2, 4, 5]
    assert found(long, "drama", "war") == [0, 2, 3, 4]
    assert found(short, "drama", "war") == [0, 2]
    assert found(short, "none") == []
    assert longer.postings is short.postings


def test_two_that_go_on_differently_do_not_share():
    short = ItemTable(rows(0, [["a"]]))
    one, other = short.continued(rows(1, [["b"]])), short.continued(rows(1, [["c"]]))

    assert (found(one, "b"), found(one, "c")) == ([1], [])
    assert (found(other, "b"), found(other, "c")) == ([], [1])


def test_it_finds_what_a_table_at_once_finds():
    random = np.random.default_rng(0)
    genres = [list(map(str, random.integers(0, 9, 3))) for _ in range(60)]
    whole = ItemTable(rows(0, genres))
    part = ItemTable(rows(0, genres[:10]))
    for start in range(10, 60, 7):
        part = part.continued(rows(start, genres[start : start + 7]))
        found(part, str(random.integers(0, 9)))

    for value in range(9):
        assert found(part, str(value)) == found(whole, str(value))
