"""What people did: ratings with their scale, counts, and events of every kind."""

import datetime
import random
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


def test_numbers_that_are_no_ratings(tmp_path: Path):
    days = [datetime.date.fromtimestamp(row[3]).strftime("%Y%m%d") for row in ROWS]
    rows = [(n, *pair, day) for n, (pair, day) in enumerate(zip(PAIRS, days, strict=True))]
    write(tmp_path / "orders.csv", ("order_id", "user_id", "product_id", "date"), rows)

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "user_id", "item": "product_id", "timestamp": "date"}
    assert "'order_id' is left out" in reasons(proposal)


@pytest.mark.parametrize("factor", [0.98765432109 / 5, 1 / 3])
def test_a_scale_refuses_no_rating_of_its_own(tmp_path: Path, factor: float):
    table = pl.DataFrame(ROWS, schema=list(HEADER), orient="row")
    scaled = table.with_columns(pl.col("rating") * factor)
    scaled.with_columns(pl.col("rating").cast(pl.Float32)).write_parquet(tmp_path / "r.parquet")
    single = read(tmp_path, proposed(tmp_path))
    (tmp_path / "r.parquet").unlink()
    scaled.write_csv(tmp_path / "ratings.csv")

    assert single.report.bad_rows == read(tmp_path, proposed(tmp_path)).report.bad_rows == {}


def test_what_speaks_against_an_item_is_no_interaction(tmp_path: Path):
    kinds = ["View", "Add to Cart", "removeFromCart", "unlike", "not interested"]
    rows = [(*pair, kinds[n % len(kinds)]) for n, pair in enumerate(PAIRS)]
    write(tmp_path / "events.csv", ("user", "item", "event"), rows)

    assert proposed(tmp_path).events == {"View": 1, "Add to Cart": 3}


def test_minus_one_is_no_rating(tmp_path: Path):
    rows = [(u, i, r if n % 4 else -1, at) for n, (u, i, r, at) in enumerate(ROWS)]
    write(tmp_path / "ratings.csv", HEADER, rows)

    proposal = proposed(tmp_path)

    assert proposal.scale == (1, 5)
    assert "-1 in 'rating' is taken for no rating" in reasons(proposal)


def test_a_few_returns_do_not_take_the_counts_away(tmp_path: Path):
    rows = [(u, i, r if n % 40 else -1) for n, (u, i, r, _) in enumerate(ROWS)]
    write(tmp_path / "sales.csv", ("customer", "sku", "quantity"), rows)

    proposal = proposed(tmp_path)

    assert proposal.columns["weight"] == "quantity"
    assert "2.5% of 'quantity' is not above zero" in reasons(proposal)


def test_codes_of_events_are_no_ratings(tmp_path: Path):
    write(tmp_path / "log.csv", ("user", "item", "type"), [(*row[:2], row[2] % 3) for row in ROWS])

    assert proposed(tmp_path).columns["event"] == "type"


@pytest.mark.parametrize(
    ("name", "no", "yes"), [("liked", "False", "True"), ("thumb", "down", "up")]
)
def test_dislikes_are_no_interactions(tmp_path: Path, name: str, no: str, yes: str):
    rows = [(*row[:2], yes if row[2] > 3 else no) for row in ROWS]
    write(tmp_path / "log.csv", ("user", "item", name), rows)

    assert proposed(tmp_path).events == {yes: 1}


@pytest.mark.parametrize("form", ["{} stars", "{}/5", "{}0%"])
def test_ratings_that_are_no_numbers_are_told(tmp_path: Path, form: str):
    write(tmp_path / "log.csv", HEADER[:3], [(*row[:2], form.format(row[2])) for row in ROWS])

    assert "'rating' is called a rating and holds no numbers" in reasons(proposed(tmp_path))


def test_too_many_kinds_of_events_are_told(tmp_path: Path):
    rows = [(*pair, f"kind{n % 25}") for n, pair in enumerate(PAIRS)]
    write(tmp_path / "log.csv", ("user", "item", "event"), rows)

    assert "'event' has 25 kinds, too many to guess" in reasons(proposed(tmp_path))


def test_a_matrix_is_told_for_what_it_is(tmp_path: Path):
    source = random.Random(0)
    rows = [(f"u{n}", *(source.choice(["", 1, 5]) for _ in range(ITEMS))) for n in range(USERS)]
    write(tmp_path / "matrix.csv", ("user", *(f"i{n}" for n in range(ITEMS))), rows)

    with pytest.raises(DatasetError, match="matrix of users and items has: write a row for each"):
        proposed(tmp_path)
