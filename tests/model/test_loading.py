"""Loading a prepared data set: nothing bad gets in unseen, and messages say where."""

from pathlib import Path

import polars as pl
import pytest

from model.data import load_dataset
from model.data.id_advice import advice_on_ids
from model.errors import DatasetError

TOML = """
name = "books"
[ratings]
file = "ratings.csv"
user = "reader"
item = "book"
rating = "stars"
timestamp = "at"
scale = [0.5, 10]
[users]
file = "readers.csv"
id = "reader"
[users.features]
town = "category"
age = "number"
planet = "category"
[items]
file = "books.csv"
id = "book"
title = "title"
[items.features]
author = "category"
genres = { kind = "categories", separator = ";" }
pages = "number"
"""


class Books:
    """A good data set that a test then spoils."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("dataset.toml", TOML)
        self.write(
            "readers.csv", "reader,town,age,planet\n007,Rome,30,Earth\nada,,41,Earth\nbob,Oslo,,\n"
        )
        self.write(
            "books.csv",
            "book,title,author,genres,pages\n"
            'b1,"Waves, The",Woolf,novel;modern,220\n'
            "b2,,Borges,,\n"
            "b3,Ulysses,,novel,730\n",
        )
        self.write(
            "ratings.csv",
            "reader,book,stars,at\n007,b1,9.5,100\n007,b2,0.5,100\nada,b1,7,90\nada,b1,8,95\n",
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def rate(self, *lines: str) -> None:
        self.write("ratings.csv", "reader,book,stars,at\n" + "\n".join(lines) + "\n")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def test_a_good_set_is_read_as_described(books: Books):
    dataset = load_dataset(books.folder)
    assert dataset.user_ids == ["007", "ada", "bob"]
    assert dataset.titles == ["Waves, The", "b2", "Ulysses"]
    assert dataset.scale == (0.5, 10)
    assert dataset.item_features.get_column("genres").to_list() == [
        ["novel", "modern"],
        None,
        ["novel"],
    ]
    assert dataset.item_features.get_column("pages").to_list() == [220.0, None, 730.0]
    assert dataset.user_features.get_column("town").to_list() == ["Rome", None, "Oslo"]


def test_of_two_ratings_of_a_pair_the_newest_stays_whatever_the_order(books: Books):
    nanoseconds = ["ada,b1,7,1600000000000099997", "ada,b1,8,1600000000000099998"]
    for lines in (
        ["ada,b1,7,90", "ada,b1,8,95"],
        ["ada,b1,8,95", "ada,b1,7,90"],
        nanoseconds[::-1],
    ):
        books.rate(*lines)
        dataset = load_dataset(books.folder)
        assert dataset.ratings.rating.tolist() == [8.0]
        assert dataset.report.duplicate_ratings == 1


def test_without_times_the_later_row_stays(books: Books):
    books.replace("dataset.toml", 'timestamp = "at"\n', "")
    books.rate("ada,b1,8,95", "ada,b1,7,90")
    assert load_dataset(books.folder).ratings.rating.tolist() == [7.0]


def test_a_feature_without_spread_is_dropped_and_reported(books: Books):
    dataset = load_dataset(books.folder)
    assert dataset.report.dropped_features == ["users.planet"]
    assert "planet" not in dataset.user_features.columns


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ada,b3,much,1", "no number"),
        ("ada,b3,nan,1", "no number"),
        ("ada,b3,,1", "no number"),
        ("ada,b3,inf,1", "no number"),
        ("ada,b3,11,1", "outside the scale 0.5 to 10"),
        ("ada,b3,0,1", "outside the scale 0.5 to 10"),
        ("eve,b3,5,1", "unknown user"),
        (",b3,5,1", "unknown user"),
        ("ada,b9,5,1", "unknown item"),
        ("ada,b3,5,noon", "a timestamp is no time"),
    ],
)
def test_a_bad_rating_is_refused_with_its_line_and_can_be_skipped(
    books: Books, line: str, problem: str
):
    books.rate("007,b1,9,1", line, "ada,b1,2,1")
    with pytest.raises(DatasetError, match=problem) as refused:
        load_dataset(books.folder)
    message = str(refused.value)
    assert "ratings.csv" in message
    assert "line 3" in message
    assert "--skip-bad-rows" in message
    dataset = load_dataset(books.folder, skip_bad_rows=True)
    assert dataset.ratings.rating.tolist() == [9.0, 2.0]
    assert list(dataset.report.bad_rows.values()) == [[3]]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("books.csv", "b2,,", "b1,,", "stands twice in 1 row.*line 3"),
        ("books.csv", "b2,,", "a/b,,", "without '/'.*line 3"),
        ("books.csv", "730", "many", "'pages' is described as a number.*line 4"),
        ("readers.csv", "ada,,41", "ada,,old", "'age' is described as a number.*line 3"),
        ("dataset.toml", '"stars"', '"points"', "no column 'points'; it has: reader, book, stars"),
        ("dataset.toml", '"books.csv"', '"missing.csv"', "missing.csv does not exist"),
        ("dataset.toml", '"books.csv"', f'"{"b" * 500}.csv"', "bbb.csv does not exist"),
        ("dataset.toml", "[0.5, 10]", "[10, 0.5]", "lowest, highest"),
        ("dataset.toml", "[0.5, 10]", "[0.5, inf]", "lowest, highest"),
        ("dataset.toml", 'town = "category"', 'town = "colour"', "users.features.town"),
        ("dataset.toml", "[items]", "[things]", "does not describe a data set.*items"),
        ("dataset.toml", "name =", "name", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(books: Books, file: str, old: str, new: str, expected: str):
    books.replace(file, old, new)
    with pytest.raises(DatasetError, match="(?s)" + expected):
        load_dataset(books.folder)


def test_a_folder_without_a_description_says_how_to_get_one(tmp_path: Path):
    with pytest.raises(DatasetError, match="melu fetch ml-100k"):
        load_dataset(tmp_path)


def test_a_set_without_users_takes_them_from_the_ratings(books: Books):
    text = (books.folder / "dataset.toml").read_text()
    start, end = text.index("[users]"), text.index("[items]")
    books.write("dataset.toml", text[:start] + text[end:])
    books.rate("zoe,b1,5,1", "yan,b2,6,1")
    dataset = load_dataset(books.folder)
    assert dataset.user_ids == ["zoe", "yan"]
    assert dataset.user_features.columns == []


def test_parquet_reads_as_csv_does(books: Books):
    expected = load_dataset(books.folder)
    for name in ("ratings", "readers", "books"):
        pl.read_csv(
            books.folder / f"{name}.csv", schema_overrides={"reader": pl.String}
        ).write_parquet(books.folder / f"{name}.parquet")
        books.replace("dataset.toml", f"{name}.csv", f"{name}.parquet")
    found = load_dataset(books.folder)
    assert found.user_ids == expected.user_ids
    assert found.titles == expected.titles
    assert found.item_features.equals(expected.item_features)
    assert found.ratings.rating.tolist() == expected.ratings.rating.tolist()


def test_a_file_that_is_no_table_is_refused(books: Books):
    (books.folder / "ratings.csv").write_bytes(b"\xff\xfe\x00reader,book\n\x81,\x82\n")
    with pytest.raises(DatasetError, match=r"ratings\.csv"):
        load_dataset(books.folder)


def test_a_list_that_is_described_as_one_value_is_refused(books: Books):
    table = pl.DataFrame({"book": ["b1", "b2", "b3"], "title": "t", "author": [["a"], ["b"], []]})
    table = table.with_columns(genres=pl.lit(""), pages=pl.lit(1))
    table.write_parquet(books.folder / "books.parquet")
    books.replace("dataset.toml", "books.csv", "books.parquet")
    with pytest.raises(DatasetError, match="'author' holds lists; describe it as 'categories'"):
        load_dataset(books.folder)


def test_malformed_ids_are_named_where_no_table_lists_any(books: Books):
    books.replace("dataset.toml", "[items]", "[gone]")
    path = books.folder / "dataset.toml"
    path.write_text(path.read_text().split("[gone]")[0].split("[users]")[0])
    books.rate("ada,b/1,7,90", "ada,b/2,8,95")

    with pytest.raises(DatasetError, match=r"has an item id that is not 1 to 128 .*'b/1'"):
        load_dataset(books.folder)
    with pytest.raises(
        DatasetError, match=r"no usable rating.* Of 2 rows .*an item id that is not"
    ):
        load_dataset(books.folder, skip_bad_rows=True)


@pytest.mark.parametrize("scale", [(1e300, 5e300), (1e-300, 5e-300), (1e9 + 1, 1e9 + 5)])
def test_a_scale_beyond_single_precision_is_refused(books: Books, scale: tuple[float, float]):
    books.replace("dataset.toml", "scale = [0.5, 10]", f"scale = [{scale[0]!r}, {scale[1]!r}]")

    with pytest.raises(DatasetError, match=r"single precision. Write them on another scale"):
        load_dataset(books.folder)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["nan", "i1", "None"], '"nan", "None" is the id of one item: if it stands for an unknown'),
        (["1.23457E+11", "4.5e+10"], "2 ids of items are numbers that a program has rounded"),
        (["i1", "i1 ", "i2"], "2 ids of items differ from another by blanks"),
        (["\u00e9", "e\u0301"], r"('\xe9', 'e\u0301'): these are different items"),
        (["i1", "I1", "007", "7", "1e", "na"], None),
    ],
)
def test_ids_that_are_not_what_they_seem_are_told(ids: list[str], told: str | None):
    found = advice_on_ids(ids, "item")

    assert len(found) == (told is not None)
    assert told is None or told in found[0]


def test_advice_on_ids_is_part_of_the_report(books: Books):
    path = books.folder / "dataset.toml"
    path.write_text(path.read_text().split("[users]")[0].split("[items]")[0])
    books.rate("nan,b1,7,90", "ada,b2,8,95")

    assert any(
        '"nan" is the id of one user' in one for one in load_dataset(books.folder).report.told
    )
