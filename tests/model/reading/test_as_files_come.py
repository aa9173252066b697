"""Whole data sets in the forms that companies have them in."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from model.data import Dataset, load_dataset
from model.errors import DatasetError
from tests.worlds import write_two_tastes

RATINGS = [("u1", "3", 4.0, 10), ("u1", "7", 2.0, 20), ("u2", "3", 5.0, 30), ("u2", "12", 1.0, 40)]
TOML = """
name = "s"
[ratings]
file = "{ratings}"
user = "u"
item = "i"
rating = "r"
timestamp = "t"
"""


def load(folder: Path, toml: str, **files: str | bytes) -> Dataset:
    (folder / "dataset.toml").write_text(toml)
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_dataset(folder)


def pairs_of(dataset: Dataset) -> dict[tuple[str, str], float]:
    ratings = dataset.ratings
    return {
        (dataset.user_ids[u], dataset.item_ids[i]): float(r)
        for u, i, r in zip(ratings.user_index, ratings.item_index, ratings.rating, strict=True)
    }


EXPECTED = {(u, i): r for u, i, r, _ in RATINGS}


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "pq", "csv.gz", "floats.csv"])
def test_ratings_alone_in_every_form(tmp_path: Path, kind: str):
    table = pl.DataFrame(RATINGS, schema=["u", "i", "r", "t"], orient="row")
    name = f"ratings.{kind}"
    if kind in ("parquet", "pq"):
        floats = table.with_columns(pl.col("i").cast(pl.Float64), pl.from_epoch("t"))
        floats.write_parquet(tmp_path / name)
    elif kind == "jsonl":
        table.write_ndjson(tmp_path / name)
    else:
        if kind == "floats.csv":
            table = table.with_columns(pl.col("i").cast(pl.Float64))
        text = table.write_csv(separator="\t" if kind == "tsv" else ",").encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if kind.endswith("gz") else text)

    dataset = load(tmp_path, TOML.format(ratings=name))

    assert pairs_of(dataset) == EXPECTED
    assert dataset.titles == ["3", "7", "12"]
    assert dataset.scale == (1, 5)
    assert "scale 1 to 5" in dataset.report.told[0]


def test_semicolons_and_latin_1(tmp_path: Path):
    toml = TOML.format(ratings="r.csv").replace("[ratings]", '[ratings]\nencoding = "latin-1"')
    lines = "".join(f"{u}ü;{i};{r:g};{t}\r\n" for u, i, r, t in RATINGS)

    dataset = load(tmp_path, toml, r__csv=f"u;i;r;t\r\n{lines}".encode("latin-1"))

    assert pairs_of(dataset) == {(f"{u}ü", i): r for (u, i), r in EXPECTED.items()}


def test_rows_read_and_refused_add_up(tmp_path: Path):
    write_two_tastes(tmp_path)
    path = tmp_path / "ratings.csv"
    good = path.read_text().splitlines()
    path.write_text("\n".join([*good[:5], "", "too,few", *good[5:], "nobody,nothing,x", ""]))

    with pytest.raises(DatasetError, match=r"2 value\(s\).*line 7"):
        load_dataset(tmp_path)
    report = load_dataset(tmp_path, skip_bad_rows=True).report

    rows = report.files["ratings.csv"]
    assert (rows.rows, rows.read, rows.refused) == (len(good) + 1, len(good) - 1, 2)


def test_ids_that_match_nothing_are_shown(tmp_path: Path):
    write_two_tastes(tmp_path)
    path = tmp_path / "ratings.csv"
    head, first, *rest = path.read_text().splitlines()
    user, _, *values = first.split(",")
    path.write_text("\n".join([head, ",".join([user, " odd-id", *values]), *rest]))

    with pytest.raises(DatasetError, match=r"unknown item in 1 row\(s\), at line 2 \(' odd-id'\)"):
        load_dataset(tmp_path)


def test_a_table_in_several_files(tmp_path: Path):
    toml = TOML.format(ratings="x").replace('"x"', '["one.csv", "two.tsv"]')
    one = "".join(f"{u},{i},{r:g},{t}\n" for u, i, r, t in RATINGS[:2])
    two = "".join(f"{t}\t{r:g}\t{i}\t{u}\n" for u, i, r, t in RATINGS[2:])

    dataset = load(tmp_path, toml, one__csv=f"u,i,r,t\n{one}", two__tsv=f"t\tr\ti\tu\n{two}")

    assert pairs_of(dataset) == EXPECTED
    assert {name: rows.rows for name, rows in dataset.report.files.items()} == {
        "one.csv": 2,
        "two.tsv": 2,
    }
    with pytest.raises(DatasetError, match=r"two.tsv: a rating is no number .* line 3 \('x'\)"):
        load(tmp_path, toml, two__tsv=f"t\tr\ti\tu\n{two.replace('1', 'x', 1)}"[:-1] + "\n")


def test_decimal_commas(tmp_path: Path):
    toml = TOML.format(ratings="r.csv").replace("[ratings]", '[ratings]\ndecimal = ","')
    lines = "".join(f"{u};{i};{str(r).replace('.', ',')};{t}\n" for u, i, r, t in RATINGS)

    dataset = load(tmp_path, toml, r__csv=f"u;i;r;t\n{lines}u9;3;1.234,5;50\n")

    assert pairs_of(dataset) == EXPECTED | {("u9", "3"): 1234.5}
    with pytest.raises(DatasetError, match=r"a rating is no number .*'1,2,3'"):
        load(tmp_path, toml, r__csv=f"u;i;r;t\n{lines}u9;3;1,2,3;50\n")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "[ratings]",
            '[ratings]\nseparator = ";"',
            "no column 'u', 'i', 'r', 't'; it has: u,i,r,t",
        ),
        ('item = "i"', 'item = "u"', "one column can't be two things: u, u, r, t"),
        ('timestamp = "t"', 'timestamp = "r"', "one column can't be two things"),
        (
            'file = "r.csv"',
            'file = ["r.csv", "r.csv"]',
            "file is named twice and would count twice",
        ),
        ('file = "r.csv"', 'file = "folder.parquet"', "is a folder: name the files in it"),
    ],
)
def test_what_describes_no_table_is_told(tmp_path: Path, old: str, new: str, problem: str):
    toml = TOML.format(ratings="r.csv").replace(old, new)
    (tmp_path / "folder.parquet").mkdir()

    with pytest.raises(DatasetError, match=problem):
        load(tmp_path, toml, r__csv="u,i,r,t\nu1,3,4,10\nu2,3,1,20\n")


def test_files_with_one_name_are_counted_apart(tmp_path: Path):
    toml = TOML.format(ratings="x").replace('"x"', '["r.csv", "more/r.csv"]')
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "r.csv").write_text("u,i,r,t\nu3,3,x,50\nu3,3,4,60\n")

    (tmp_path / "dataset.toml").write_text(toml)
    (tmp_path / "r.csv").write_text("u,i,r,t\nu1,3,5,10\n")
    report = load_dataset(tmp_path, skip_bad_rows=True).report

    counts = {name: (rows.rows, rows.refused) for name, rows in report.files.items()}
    assert counts == {"r.csv": (1, 0), "more/r.csv": (2, 1)}
    assert list(report.bad_rows.values()) == [[2]]


def test_a_file_that_is_two_tables_is_counted_as_each(tmp_path: Path):
    toml = TOML.format(ratings="r.csv") + '[items]\nfile = "r.csv"\nid = "i"\n'

    (tmp_path / "dataset.toml").write_text(toml)
    (tmp_path / "r.csv").write_text("u,i,r,t\nu1,3,5,10\nu1,7,4,20\nu2,3,x,30\nu2\n")
    report = load_dataset(tmp_path, skip_bad_rows=True).report

    counts = {name: (rows.rows, rows.read, rows.refused) for name, rows in report.files.items()}
    assert counts == {"r.csv": (4, 2, 2), "r.csv as items": (4, 2, 2)}
    assert report.bad_rows["r.csv: a rating is no number"] == [4]
    assert report.bad_rows["r.csv as items: an id in 'i' stands twice"] == [4]


@pytest.mark.parametrize("name", ["r.csv", "r.jsonl", "r.parquet"])
def test_a_column_without_a_name(tmp_path: Path, name: str):
    table = pl.DataFrame({"": ["u1", "u2"], "i": ["3", "3"]})
    if name == "r.csv":
        table.write_csv(tmp_path / name)
    elif name == "r.jsonl":
        table.write_ndjson(tmp_path / name)
    else:
        table.write_parquet(tmp_path / name)
    toml = f'name = "s"\n[ratings]\nfile = "{name}"\nuser = ""\nitem = "i"\n'

    assert load(tmp_path, toml).user_ids == ["u1", "u2"]
