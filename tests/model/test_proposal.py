"""What `melu init` proposes of files, and says of them: nothing is left out in silence."""

import datetime
import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from model.data import Dataset, load_dataset
from model.data.proposal import Proposal, as_toml, propose
from model.errors import DatasetError

USERS, ITEMS, EACH = 30, 20, 8
SOURCE = random.Random(0)
ROWS = [
    (f"u{user}", f"i{item}", SOURCE.randint(1, 5), 1_600_000_000 + SOURCE.randrange(10**8))
    for user in range(USERS)
    for item in SOURCE.sample(range(ITEMS), EACH)
]
HEADER = ("user", "item", "rating", "at")
PAIRS = [row[:2] for row in ROWS]


def write(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    separator: str = ",",
    encoding: str = "utf-8",
) -> None:
    lines = [separator.join(map(str, row)) for row in (header, *rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def proposed(folder: Path) -> Proposal:
    return propose(folder, lambda _question, _answers, likeliest: likeliest)


def read(folder: Path, proposal: Proposal) -> Dataset:
    (folder / "dataset.toml").write_text(as_toml(proposal), encoding="utf-8")
    return load_dataset(folder, skip_bad_rows=True)


def reasons(proposal: Proposal) -> str:
    return "\n".join(proposal.reasons)


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


@pytest.mark.parametrize("header", [False, True])
def test_a_first_line_that_is_a_row_is_told(tmp_path: Path, header: bool):
    write(tmp_path / "ratings.csv", HEADER if header else ROWS[0], ROWS[1:])

    if header:
        assert proposed(tmp_path).columns["user"] == "user"
    else:
        with pytest.raises(DatasetError, match=r"first line, 'u0, .* looks like a row. Put a line"):
            proposed(tmp_path)


def test_users_and_items_with_the_same_columns_are_two_tables(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    write(tmp_path / "people.csv", ("id", "name"), [(f"u{n}", f"P {n}") for n in range(USERS)])
    write(tmp_path / "things.csv", ("id", "name"), [(f"i{n}", f"T {n}") for n in range(ITEMS)])

    dataset = read(tmp_path, proposed(tmp_path))

    assert (len(dataset.user_ids), len(dataset.item_ids)) == (USERS, ITEMS)
    assert dataset.titles[0] == "T 0"


def test_a_copy_counts_once(tmp_path: Path):
    write(tmp_path / "events.csv", HEADER[:2], PAIRS)
    packed = gzip.compress((tmp_path / "events.csv").read_bytes())
    (tmp_path / "events.csv.gz").write_bytes(packed)

    proposal = proposed(tmp_path)

    assert proposal.ratings.names == ["events.csv"]
    assert "events.csv.gz is left out: it has the same rows" in reasons(proposal)


def test_columns_in_another_order_and_more_of_them(tmp_path: Path):
    write(tmp_path / "r2024.csv", HEADER, ROWS[:120])
    write(
        tmp_path / "r2025.csv",
        (*HEADER[::-1], "device"),
        [(*row[::-1], "web") for row in ROWS[120:]],
    )

    proposal = proposed(tmp_path)

    assert len(read(tmp_path, proposal).ratings) == len(ROWS)
    assert "'device' is left out: not both of r2024.csv and r2025.csv" in reasons(proposal)


def test_more_of_the_same_in_another_encoding_is_told(tmp_path: Path):
    write(tmp_path / "r2024.csv", HEADER, ROWS[:120])
    write(
        tmp_path / "r2025.csv",
        HEADER,
        [("é" + row[0], *row[1:]) for row in ROWS[120:]],
        encoding="latin-1",
    )

    told = reasons(proposed(tmp_path))

    assert "r2025.csv is no UTF-8, and read as latin-1: 'éu" in told
    assert "r2025.csv is left out: it has users and items as r2024.csv has" in told


def test_numbers_that_are_no_ratings(tmp_path: Path):
    days = [datetime.date.fromtimestamp(row[3]).strftime("%Y%m%d") for row in ROWS]
    rows = [(n, *pair, day) for n, (pair, day) in enumerate(zip(PAIRS, days, strict=True))]
    write(tmp_path / "orders.csv", ("order_id", "user_id", "product_id", "date"), rows)

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "user_id", "item": "product_id", "timestamp": "date"}
    assert "'order_id' is left out" in reasons(proposal)


def test_times_that_can_not_be_read_are_told(tmp_path: Path):
    write(
        tmp_path / "views.csv", ("user", "item", "date"), [(*pair, "01/02/2022") for pair in PAIRS]
    )

    proposal = proposed(tmp_path)

    assert "timestamp" not in proposal.columns
    assert "'date' is left out: '01/02/2022' and others are no times" in reasons(proposal)


@pytest.mark.parametrize("factor", [0.98765432109 / 5, 1 / 3])
def test_a_scale_refuses_no_rating_of_its_own(tmp_path: Path, factor: float):
    table = pl.DataFrame(ROWS, schema=list(HEADER), orient="row")
    scaled = table.with_columns(pl.col("rating") * factor)
    scaled.with_columns(pl.col("rating").cast(pl.Float32)).write_parquet(tmp_path / "r.parquet")
    single = read(tmp_path, proposed(tmp_path))
    (tmp_path / "r.parquet").unlink()
    scaled.write_csv(tmp_path / "ratings.csv")

    assert single.report.bad_rows == read(tmp_path, proposed(tmp_path)).report.bad_rows == {}


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


def test_items_in_the_table_of_ratings_are_told(tmp_path: Path):
    rows = [(*row, f"T {row[1]}", f"v{n}") for n, row in enumerate(ROWS)]
    write(tmp_path / "ratings.csv", (*HEADER, "title", "visit"), rows)

    told = reasons(proposed(tmp_path))

    assert "'title', 'visit' is left out" in told
    assert "'title' is the same in all rows of an item. A table of items" in told


def test_what_is_no_table_is_told(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "items.xlsx").touch()
    (tmp_path / "items.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "ratings.parquet").mkdir()
    (tmp_path / "ratings.parquet" / "part-0.parquet").touch()

    told = reasons(proposed(tmp_path))

    for sentence in (
        "empty.csv is left out: it is empty.",
        "items.xlsx is left out: no such file is read",
        "items.csv is left out: it is a link to nothing",
        "ratings.parquet is a folder, and left out",
    ):
        assert sentence in told


def test_an_encoding_that_nobody_can_tell_is_not_guessed(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    titles = [(f"i{n}", f"\x81 {n}") for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "title"), titles, encoding="latin-1")

    proposal = proposed(tmp_path)

    assert proposal.items is None
    assert "items.csv is left out: its encoding is none of" in reasons(proposal)
