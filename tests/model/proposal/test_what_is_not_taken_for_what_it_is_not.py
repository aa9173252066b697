"""Row numbers, totals, lines of orders and other tables are not taken for what they are not."""

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from model.errors import DatasetError
from tests.model.proposal.folders import (
    HEADER,
    ITEMS,
    PAIRS,
    ROWS,
    USERS,
    proposed,
    read,
    reasons,
    write,
)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "__index_level_0__"])
def test_numbers_of_rows_are_no_feature(tmp_path: Path, name: str):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    people = [(USERS - n, f"u{n}", 20 + n % 7) for n in range(USERS)]
    write(tmp_path / "users.csv", (name, "user", "age"), people)

    proposal = proposed(tmp_path)

    assert proposal.users is not None
    assert [one.name for one in proposal.users.features] == ["age"]
    assert f"{name!r} is left out: it is the number of the row" in reasons(proposal)


def test_lists_of_numbers_are_no_feature(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    pl.DataFrame(
        {
            "item": [f"i{n}" for n in range(ITEMS)],
            "embedding": [[n / 7, n / 3] for n in range(ITEMS)],
            "years": [[1990 + n % 3, 2000] for n in range(ITEMS)],
        }
    ).write_parquet(tmp_path / "items.parquet")

    proposal = proposed(tmp_path)

    assert proposal.items is not None
    assert [one.name for one in proposal.items.features] == ["years"]
    assert "'embedding' is left out: it holds lists of numbers" in reasons(proposal)


def test_a_row_of_totals_makes_no_counts_of_ratings(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER[:3], [*(row[:3] for row in ROWS), ("Total", "", 700)])

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "user", "item": "item", "rating": "rating"}
    assert proposal.scale == (1, 5)
    assert "'item' is empty in 1 row(s), which are refused" in reasons(proposal)
    assert len(read(tmp_path, proposal).ratings) == len(ROWS)


def test_a_file_of_rows_without_items_is_no_crash(tmp_path: Path):
    rows = [(user, "", rating, f"{rating}") for user, _, rating, _ in ROWS]
    write(tmp_path / "ratings.csv", ("user", "item", "rating", "what"), rows)

    assert f"'item' is empty in {len(rows)} row(s)" in reasons(proposed(tmp_path))


def test_lines_above_the_names_are_told_to_be_taken_away(tmp_path: Path):
    write(tmp_path / "ratings.csv", ("Report of 2024",), [(), HEADER, *ROWS])

    with pytest.raises(DatasetError, match="if lines stand above the names of its columns, take"):
        proposed(tmp_path)


def test_lines_of_an_order_name_the_customer_once(tmp_path: Path):
    rows = [
        (f"#{n // 4}", "" if n % 4 else f"{n % 36}@x.example", i) for n, (_, i) in enumerate(PAIRS)
    ]
    write(tmp_path / "orders.csv", ("Name", "Email", "Lineitem sku"), rows)

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "Email", "item": "Lineitem sku"}
    assert f"'Email' is empty in {len(rows) * 3 // 4} row(s)" in reasons(proposal)
    assert "If they go on with the row above, as lines of an order do, fill" in reasons(proposal)


@pytest.mark.parametrize(
    ("header", "rows", "problem"),
    [
        (("genre", "item"), [("ab"[n % 2], f"i{n}") for n in range(9)], "'item' is another in"),
        (("user", "town"), [(f"u{n}", "ab"[n % 2]) for n in range(9)], "'user' is another in"),
    ],
)
def test_a_table_of_items_or_users_is_not_taken_for_ratings(
    tmp_path: Path, header: Sequence[str], rows: list[Sequence[object]], problem: str
):
    write(tmp_path / "table.csv", header, rows)

    with pytest.raises(DatasetError, match=f"holds no ratings, as it seems: .*{problem} each row"):
        proposed(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        {"offset": 1, "key": "u1", "value": {"user": "u1", "item": "i1"}},
        {"data": [{"user": "u1", "item": "i1"}]},
    ],
)
def test_nobody_is_guessed_beside_objects_that_may_name_them(
    tmp_path: Path, row: dict[str, object]
):
    (tmp_path / "events.jsonl").write_text(f"{json.dumps(row)}\n" * 3)

    with pytest.raises(DatasetError, match=r"may be them: '(value|data)' holds objects; write"):
        proposed(tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["*", "^u.*$", "__file__"])
def test_a_name_that_nobody_can_write_down_leaves_the_others_be(
    tmp_path: Path, kind: str, name: str
):
    table = pl.DataFrame(ROWS, orient="row", schema=[*HEADER[:3], name])
    write_table = table.write_csv if kind == "csv" else table.write_parquet
    write_table(tmp_path / f"ratings.{kind}")

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "user", "item": "item", "rating": "rating"}
    assert f"A column can't be named {name!r}; rename it. It is left out." in reasons(proposal)
    assert len(read(tmp_path, proposal).ratings) == len(ROWS)
