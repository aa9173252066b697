"""Values as programs write them: numbers, times, and what is no text at all."""

import json
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


def test_decimal_commas(tmp_path: Path):
    rows = [
        (user, item, f"{rating / 2:.1f}".replace(".", ","), at) for user, item, rating, at in ROWS
    ]
    write(tmp_path / "ratings.csv", HEADER, rows, ";")
    prices = [(f"i{n}", f"{1000 * n:,}".replace(",", ".") + ",50") for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "price"), prices, ";")

    proposal = proposed(tmp_path)
    dataset = read(tmp_path, proposal)

    assert "decimal commas in 'rating'" in reasons(proposal)
    assert dataset.scale == (0.5, 2.5)
    assert sorted(dataset.ratings.rating) == sorted(row[2] / 2 for row in ROWS)
    assert dataset.item_features["price"].to_list() == [1000 * n + 0.5 for n in range(ITEMS)]
    assert dataset.report.bad_rows == {}


def test_thousands_are_no_decimals(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    prices = [(f"i{n}", f'"{1000 + n:,}"') for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "price"), prices)

    assert proposed(tmp_path).items.table.described.decimal == "."  # type: ignore[union-attr]


def test_texts_that_programs_write_for_unknown(tmp_path: Path):
    rows = [
        (user if n % 9 else "NULL", item, rating if n % 7 else "NA", at)
        for n, (user, item, rating, at) in enumerate(ROWS)
    ]
    write(tmp_path / "ratings.csv", HEADER, rows)
    years = [(f"i{n}", 1950 + n if n % 3 else "\\N") for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "year"), years)

    proposal = proposed(tmp_path)
    dataset = read(tmp_path, proposal)

    assert "'NA', 'NULL' in many cells is taken for unknown" in reasons(proposal)
    assert "NULL" not in dataset.user_ids
    assert dataset.scale == (1, 5)
    assert dataset.item_features["year"].null_count() == 7
    assert len(dataset.ratings) == sum(bool(n % 9 and n % 7) for n in range(len(ROWS)))


@pytest.mark.parametrize("name", ["r.jsonl", "r.parquet"])
def test_users_that_can_not_be_read_are_nobody_else(tmp_path: Path, name: str):
    table = pl.DataFrame(ROWS, schema=list(HEADER), orient="row").with_columns(
        user=pl.struct(id="user")
    )
    (table.write_ndjson if name == "r.jsonl" else table.write_parquet)(tmp_path / name)

    with pytest.raises(DatasetError, match="'user' holds"):
        proposed(tmp_path)


def test_numbers_that_some_rows_have_none_of_are_told(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    people = [(f"u{n}", "unsure" if n == 3 else n % 20) for n in range(3 * USERS)]
    write(tmp_path / "users.csv", ("user", "age"), people)

    assert "20 numbers, and 1 such as 'unsure', whose rows are refused" in reasons(
        proposed(tmp_path)
    )


def test_times_that_can_not_be_read_are_told(tmp_path: Path):
    write(
        tmp_path / "views.csv", ("user", "item", "date"), [(*pair, "01/02/2022") for pair in PAIRS]
    )

    proposal = proposed(tmp_path)

    assert "timestamp" not in proposal.columns
    assert "'date' is left out: '01/02/2022' and others are no times" in reasons(proposal)


def test_columns_that_are_no_text_are_left_out_alone(tmp_path: Path):
    table = pl.DataFrame(ROWS, schema=list(HEADER), orient="row")
    table.with_columns(parts=pl.struct("rating"), picture=pl.lit(b"x")).write_parquet(
        tmp_path / "r.pq"
    )
    parquet = proposed(tmp_path)
    (tmp_path / "r.pq").unlink()
    lines = [
        json.dumps({"user": u, "item": i, "rating": r, "votes": {"up": 1}}) for u, i, r, _ in ROWS
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(lines))

    assert "'picture' holds values of type Binary" in reasons(parquet)
    assert parquet.columns["rating"] == "rating"
    assert "'votes' holds objects" in reasons(proposed(tmp_path))


def test_apostrophes_around_values(tmp_path: Path):
    rows = [(f"'{user}'", f"'{item}'", rating) for user, item, rating, _ in ROWS]
    write(tmp_path / "ratings.csv", HEADER[:3], rows, "|")

    assert read(tmp_path, proposed(tmp_path)).user_ids[:2] == ["u0", "u1"]


def test_a_column_of_durations_is_left_out_alone(tmp_path: Path):
    table = pl.DataFrame(ROWS, schema=list(HEADER), orient="row")
    table.with_columns(spent=pl.duration(seconds="rating")).write_parquet(tmp_path / "r.parquet")

    proposal = proposed(tmp_path)

    assert proposal.columns["rating"] == "rating"
    assert "'spent' holds values that are no text and no numbers" in reasons(proposal)


def test_rows_of_lists_are_told(tmp_path: Path):
    baskets = pl.DataFrame({"user": ["u1", "u2"], "items": [["a", "b"], ["a"]]})
    baskets.write_parquet(tmp_path / "baskets.parquet")
    with pytest.raises(DatasetError, match="holds lists: write a row for each user and item"):
        proposed(tmp_path)
    baskets.with_columns(item="user").write_parquet(tmp_path / "baskets.parquet")

    assert proposed(tmp_path).columns["item"] == "item"


def test_lists_beside_the_ratings_are_none(tmp_path: Path):
    lines = [
        {"reviewerID": u, "asin": i, "helpful": [1, 2], "overall": r, "unixReviewTime": at}
        for u, i, r, at in ROWS
    ]
    (tmp_path / "reviews.json").write_text("\n".join(map(json.dumps, lines)))

    proposal = proposed(tmp_path)

    assert proposal.columns == {
        "user": "reviewerID",
        "item": "asin",
        "rating": "overall",
        "timestamp": "unixReviewTime",
    }
