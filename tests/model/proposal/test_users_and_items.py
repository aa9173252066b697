"""Tables of users and of items: which they are, their ids, and what is a feature."""

from pathlib import Path

import pytest

from tests.model.proposal.folders import (
    HEADER,
    ITEMS,
    NUMBERS,
    ROWS,
    USERS,
    proposed,
    read,
    reasons,
    write,
)


def test_users_and_items_with_the_same_columns_are_two_tables(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    write(tmp_path / "people.csv", ("id", "name"), [(f"u{n}", f"P {n}") for n in range(USERS)])
    write(tmp_path / "things.csv", ("id", "name"), [(f"i{n}", f"T {n}") for n in range(ITEMS)])

    dataset = read(tmp_path, proposed(tmp_path))

    assert (len(dataset.user_ids), len(dataset.item_ids)) == (USERS, ITEMS)
    assert dataset.titles[0] == "T 0"


def test_items_in_the_table_of_ratings_are_told(tmp_path: Path):
    rows = [(*row, f"T {row[1]}", f"v{n}") for n, row in enumerate(ROWS)]
    write(tmp_path / "ratings.csv", (*HEADER, "title", "visit"), rows)

    told = reasons(proposed(tmp_path))

    assert "'title', 'visit' is left out" in told
    assert "'title' is the same in all rows of an item. A table of items" in told


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
