"""What `melu init` proposes of files, and says of them: nothing is left out in silence."""

import datetime
import gzip
import json
import os
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


@pytest.mark.parametrize(
    ("name", "separator"), [("ratings.csv", ","), ("u.data", "\t"), ("ratings.dat", "::")]
)
def test_a_first_line_that_is_a_row_is_read_as_one(tmp_path: Path, name: str, separator: str):
    write(tmp_path / name, ROWS[0], ROWS[1:], separator)
    people = [(f"u{n}", n % 2, 20 + n, f"0{n % 4}11") for n in range(USERS)]
    write(tmp_path / "users.dat", people[0], people[1:], "::")
    films = [(f"i{n}", f"Film {n}", "comedy" if n % 2 else "horror") for n in range(ITEMS)]
    write(tmp_path / "movies.dat", films[0], films[1:], "::")

    proposal = proposed(tmp_path)
    dataset = read(tmp_path, proposal)

    assert f"{name} has no line that names its columns" in reasons(proposal)
    assert proposal.columns == {
        "user": "user_id",
        "item": "item_id",
        "rating": "rating",
        "timestamp": "timestamp",
    }
    assert len(dataset.ratings) == len(ROWS)
    assert dataset.report.files[name].rows == len(ROWS)
    assert dataset.report.bad_rows == {}
    assert dataset.user_ids == [one[0] for one in people]
    assert dataset.titles == [one[1] for one in films]
    assert dataset.user_features["column_3"].to_list() == [one[2] for one in people]
    assert dataset.user_features["column_4"].to_list() == [one[3] for one in people]
    assert dataset.item_features["column_3"].to_list() == [one[2] for one in films]


@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("matrix.csv", ("user", *range(ITEMS)), [(n, *range(ITEMS)) for n in range(USERS)]),
        ("users.csv", ("user", "1", "2"), [(f"u{n}", n % 5, n % 3) for n in range(USERS)]),
        ("times.csv", ROWS[0][::-1], [row[::-1] for row in ROWS[1:]]),
        ("each-once.csv", ("x0", "y0"), [(f"x{n}", "y0") for n in range(USERS)]),
    ],
)
def test_a_first_line_that_may_be_either_is_told(
    tmp_path: Path, name: str, header: Sequence[object], rows: list[Sequence[object]]
):
    write(tmp_path / name, [str(one) for one in header], rows)

    with pytest.raises(DatasetError, match=r"first line, .* looks like a row. Put a line"):
        proposed(tmp_path)


def test_rows_without_a_header_may_have_unknown_ratings_and_commas(tmp_path: Path):
    rows = [
        (user, item, f"{rating},5" if n % 7 else "NULL", at)
        for n, (user, item, rating, at) in enumerate(ROWS)
    ]
    write(tmp_path / "ratings.csv", rows[1], [rows[0], *rows[2:]], ";")

    dataset = read(tmp_path, proposed(tmp_path))

    assert dataset.has_ratings
    assert sorted(dataset.ratings.rating) == sorted(
        row[2] + 0.5 for n, row in enumerate(ROWS) if n % 7
    )


def test_counts_without_a_header_are_counts(tmp_path: Path):
    rows = [(user, item, 1 + 40 * (n % 9 == 0), at) for n, (user, item, _, at) in enumerate(ROWS)]
    write(tmp_path / "plays.csv", rows[0], rows[1:])

    proposal = proposed(tmp_path)

    assert proposal.columns["weight"] == "count"
    assert len(read(tmp_path, proposal).ratings) == len(ROWS)


def test_more_rows_that_lack_the_header_of_others_are_told(tmp_path: Path):
    write(tmp_path / "1.csv", HEADER, ROWS[:150])
    write(tmp_path / "2.csv", ROWS[150], ROWS[151:])

    assert "put such a line before its first: user, item, rating, at" in reasons(proposed(tmp_path))


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


def test_names_that_stand_twice(tmp_path: Path):
    write(tmp_path / "ratings.csv", (*HEADER, "x", "x"), [(*row, 1, 2) for row in ROWS])
    told = proposed(tmp_path)
    write(tmp_path / "ratings.csv", ("user", "item", "rating", "rating"), ROWS)

    assert told.columns["rating"] == "rating"
    assert "Two columns are named 'x'" in reasons(told)
    with pytest.raises(DatasetError, match="Two columns are named 'rating'; rename one"):
        proposed(tmp_path)


def test_of_names_alike_the_one_that_repeats_is_ids(tmp_path: Path):
    rows = [(n, *row[:3]) for n, row in enumerate(ROWS)]
    write(tmp_path / "ratings.csv", ("User", "user", "item", "rating"), rows)

    assert proposed(tmp_path).columns["user"] == "user"


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
    rows = [(f"u{n}", *(SOURCE.choice(["", 1, 5]) for _ in range(ITEMS))) for n in range(USERS)]
    write(tmp_path / "matrix.csv", ("user", *(f"i{n}" for n in range(ITEMS))), rows)

    with pytest.raises(DatasetError, match="matrix of users and items has: write a row for each"):
        proposed(tmp_path)


def test_a_few_ids_twice_do_not_take_the_items_away(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    write(
        tmp_path / "items.csv", ("item", "year"), [(f"i{n % ITEMS}", 1950 + n) for n in range(21)]
    )

    proposal = proposed(tmp_path)
    dataset = read(tmp_path, proposal)

    assert "1 row(s) repeat an id" in reasons(proposal)
    assert (dataset.report.files["items.csv"].refused, len(dataset.item_ids)) == (1, ITEMS)


def test_what_is_made_of_ratings_is_no_feature(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    rows = [(f"i{n}", 1950 + n, n / 7, 10 * n) for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "year", "average_rating", "ratings_count"), rows)

    assert [one.name for one in proposed(tmp_path).items.features] == ["year"]  # type: ignore[union-attr]


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


@pytest.mark.parametrize(
    ("name", "start", "problem"),
    [
        (b"r\xff.csv", "", "its name is no UTF-8; rename it"),
        (b"r.csv", "sep=,\n", "an instruction to Excel"),
    ],
)
def test_files_with_odd_names_and_starts(tmp_path: Path, name: bytes, start: str, problem: str):
    write(tmp_path / "r", HEADER, ROWS)
    content = start + (tmp_path / "r").read_text()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(content)

    with pytest.raises(DatasetError, match=problem):
        proposed(tmp_path)


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


def test_rows_of_lists_are_told(tmp_path: Path):
    baskets = pl.DataFrame({"user": ["u1", "u2"], "items": [["a", "b"], ["a"]]})
    baskets.write_parquet(tmp_path / "baskets.parquet")
    with pytest.raises(DatasetError, match="holds lists: write a row for each user and item"):
        proposed(tmp_path)
    baskets.with_columns(item="user").write_parquet(tmp_path / "baskets.parquet")

    assert proposed(tmp_path).columns["item"] == "item"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"user,item\n", "names of columns, and no rows"),
        (b"PAR1\x15\x04", "it is Parquet: let its"),
    ],
)
def test_files_without_rows(tmp_path: Path, content: bytes, problem: str):
    (tmp_path / "ratings.csv").write_bytes(content)

    with pytest.raises(DatasetError, match=problem):
        proposed(tmp_path)


NUMBERS = [(int(user[1:]), int(item[1:]), rating, at) for user, item, rating, at in ROWS]


def test_films_and_links_to_films_are_no_users(tmp_path: Path):
    write(tmp_path / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), NUMBERS)
    movies = [(n, f"Film {n}", "AB"[n % 2]) for n in range(USERS)]
    write(tmp_path / "movies.csv", ("movieId", "title", "genre"), movies)
    write(tmp_path / "links.csv", ("movieId", "imdbId"), [(n, 7 * n) for n in range(USERS)])

    proposal = proposed(tmp_path)

    assert proposal.users is None
    assert proposal.items is not None
    assert proposal.items.table.path.name == "movies.csv"
    assert "links.csv is left out: movies.csv has the items" in reasons(proposal)


def test_ids_that_are_written_as_one_word(tmp_path: Path):
    rows = [(at, user, "view", item, n) for n, (user, item, _, at) in enumerate(NUMBERS)]
    write(
        tmp_path / "events.csv",
        ("timestamp", "visitorid", "event", "itemid", "transactionid"),
        rows,
    )
    tree = [(n, n // 2) for n in range(USERS)]
    write(tmp_path / "category_tree.csv", ("categoryid", "parentid"), tree)

    proposal = proposed(tmp_path)

    assert (proposal.columns["user"], proposal.columns["item"]) == ("visitorid", "itemid")
    assert proposal.items is proposal.users is None


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


def test_a_table_that_tells_more_is_that_of_ratings(tmp_path: Path):
    write(
        tmp_path / "a_train.csv", ("uid", "iid", "label"), [(*row[:2], row[2] % 2) for row in ROWS]
    )
    write(tmp_path / "b_test.csv", ("uid", "iid"), [*PAIRS, ("u0", "i0")])

    proposal = proposed(tmp_path)

    assert proposal.columns["rating"] == "label"
    assert "b_test.csv is left out: it has users and items as a_train.csv has" in reasons(proposal)


def test_orders_have_no_users_and_that_is_told(tmp_path: Path):
    write(tmp_path / "lines.csv", ("order_id", "product_id"), [row[:2] for row in NUMBERS])

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "order_id", "item": "product_id"}
    assert "No column is called as users are: 'order_id' is a guess" in reasons(proposal)


def test_numbers_of_other_catalogues_are_no_features(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    rows = [(f"i{n}", 77 * n, f"{n:09}", 3 * n, n % 3, 1950 + n) for n in range(ITEMS)]
    header = ("item", "goodreads_book_id", "isbn", "imdbId", "shop_id", "year")
    write(tmp_path / "items.csv", header, rows)

    features = proposed(tmp_path).items.features  # type: ignore[union-attr]

    assert [(one.name, one.kind.name) for one in features] == [
        ("shop_id", "category"),
        ("year", "number"),
    ]


@pytest.mark.parametrize("form", ["i{}", "00{}", " {}"])
def test_ids_that_are_written_otherwise_are_told(tmp_path: Path, form: str):
    rows = [(f"u{user}", form.format(item).upper(), *rest) for user, item, *rest in NUMBERS]
    write(tmp_path / "ratings.csv", HEADER, rows)
    ids = [form.format(n).strip().removeprefix("00") or "0" for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "year"), [(one, 1950 + n) for n, one in enumerate(ids)])

    proposal = proposed(tmp_path)

    assert proposal.items is None
    assert "items.csv: 'item' has the ids of items written in another way" in reasons(proposal)
