"""The line that names the columns: missing, odd, or another one in the next file."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import pytest

from model.errors import DatasetError
from tests.model.proposal.folders import (
    HEADER,
    ITEMS,
    NUMBERS,
    PAIRS,
    ROWS,
    USERS,
    proposed,
    read,
    reasons,
    write,
)

AT = 1_600_000_000
KINDS = ("view", "buy", "save")


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
        # Which of them is the user, behind a number that counts or a time?
        ("numbered.csv", (1, *ROWS[0][2::-1]), [(n, *row[2::-1]) for n, row in enumerate(ROWS, 2)]),
        ("events.csv", (AT, "buy", "u0"), [(AT + n, KINDS[n % 3], f"u{n % 9}") for n in range(99)]),
        # Numbers of ten digits that many rows have may be times or users.
        ("ten.csv", (AT, "i1", 4), [(AT + n // 9, f"i{n % 20}", n % 5) for n in range(1, 99)]),
        ("counted.csv", (1, "x0", 4), [(n, f"x{n % 20}", n % 5) for n in range(2, 99)]),
    ],
)
def test_a_first_line_that_may_be_either_is_told(
    tmp_path: Path, name: str, header: Sequence[object], rows: list[Sequence[object]]
):
    write(tmp_path / name, [str(one) for one in header], rows)

    with pytest.raises(DatasetError, match=r"first line, .* looks like a row. Put a line"):
        proposed(tmp_path)


def before_the_user(what: str, row: int, at: int) -> str:
    moment = datetime.datetime.fromtimestamp(at, tz=datetime.UTC)
    return {
        "from 0": f"{row}",
        "from 1": f"{row + 1}",
        "seconds": f"{at}",
        "milliseconds": f"{at}123",
        "moment": f"{moment}",
        "day": f"{moment:%d.%m.%Y}",
    }[what]


@pytest.mark.parametrize(
    "first",
    [
        ("from 0",),
        ("from 1",),
        ("seconds",),
        ("milliseconds",),
        ("moment",),
        ("day",),
        ("from 0", "seconds"),
        ("from 1", "moment"),
    ],
)
def test_rows_without_a_header_may_begin_with_a_number_or_a_time(
    tmp_path: Path, first: tuple[str, ...]
):
    rows = [
        (*(before_the_user(what, n, at) for what in first), f"2{user[1:]}", f"1{item[1:]}", rating)
        for n, (user, item, rating, at) in enumerate(ROWS)
    ]
    write(tmp_path / "log.csv", [str(one) for one in rows[0]], rows[1:])

    proposal = proposed(tmp_path)
    dataset = read(tmp_path, proposal)

    time = {"timestamp": "timestamp"} if first[-1] not in ("from 0", "from 1") else {}
    assert proposal.columns == {"user": "user_id", "item": "item_id", "rating": "rating"} | time
    assert dataset.report.bad_rows == {}
    pairs = zip(dataset.ratings.user_index, dataset.ratings.item_index, strict=True)
    assert {(dataset.user_ids[u], dataset.item_ids[i]) for u, i in pairs} == {
        (f"2{user[1:]}", f"1{item[1:]}") for user, item in PAIRS
    }


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


def test_orders_have_no_users_and_that_is_told(tmp_path: Path):
    write(tmp_path / "lines.csv", ("order_id", "product_id"), [row[:2] for row in NUMBERS])

    proposal = proposed(tmp_path)

    assert proposal.columns == {"user": "order_id", "item": "product_id"}
    assert "No column is called as users are: 'order_id' is a guess" in reasons(proposal)
