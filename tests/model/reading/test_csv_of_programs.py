"""Random texts that Python, Polars and pandas wrote as a CSV are read back."""

import csv
import io
import random
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from model.data.reading import read_raw
from model.data.reading.as_text import whole_ids
from model.errors import DatasetError
from tests.model.reading.csv_files import HEADER, rows_of, write

ALPHABET = [
    '"',
    "'",
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r\n",
    "\\",
    " ",
    "é",
    "日",
    "x",
    "1",
    "[",
    ":fire:",
]


def random_rows(seed: int) -> list[list[str]]:
    source = random.Random(seed)
    return [
        ["".join(source.choices(ALPHABET, k=source.randrange(6))) or "-" for _ in HEADER]
        for _ in range(source.randrange(1, 40))
    ]


DIALECTS: dict[str, dict[str, object]] = {
    "excel": {},
    "unix": {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"},
    "semicolons": {"delimiter": ";"},
    "tabs": {"delimiter": "\t"},
    "single quotes": {"quotechar": "'"},
    "escaped": {"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_ALL},
    "nothing but numbers unquoted": {"quoting": csv.QUOTE_NONNUMERIC},
}


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_pythons_writer_wrote_is_read_back(tmp_path: Path, dialect: str, seed: int):
    rows, options = random_rows(seed), DIALECTS[dialect]
    text = io.StringIO(newline="")
    writer = csv.writer(text, **options)  # type: ignore[arg-type]
    writer.writerows([HEADER, *rows])
    path = write(tmp_path, text.getvalue())
    described: dict[str, object] = {"separator": options.get("delimiter", ",")}
    described["quote"] = options.get("quotechar", '"')
    described["escape"] = options.get("escapechar", "")

    assert rows_of(path, **described) == [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", range(25))
def test_as_it_comes_it_is_read_back_or_refused(tmp_path: Path, seed: int):
    rows = random_rows(seed)
    for options in DIALECTS.values():
        text = io.StringIO(newline="")
        csv.writer(text, **options).writerows([HEADER, *rows])  # type: ignore[arg-type]
        raw, refusal = None, ""
        try:
            raw = read_raw(write(tmp_path, text.getvalue()), None, HEADER)
        except DatasetError as error:
            refusal = str(error)
        if raw is None:
            assert "line" in refusal or "two ways" in refusal
        else:
            is_other_quote = options.get("quotechar") == "'"
            assert raw.rows == len(rows) or raw.malformed or is_other_quote


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("style", ["necessary", "always", "non_numeric"])
def test_what_polars_wrote_is_read_back(tmp_path: Path, style: str, seed: int):
    rows = random_rows(seed)
    path = tmp_path / "t.csv"
    table = pl.DataFrame(rows, schema=HEADER, orient="row")
    table.write_csv(path, quote_style=style)  # type: ignore[arg-type]

    assert rows_of(path, escape="") == [tuple(row) for row in rows]


PANDAS: dict[str, dict[str, object]] = {
    "as it comes": {"index": False},
    "with its index": {},
    "all quoted": {"index": False, "quoting": csv.QUOTE_ALL},
    "semicolons": {"index": False, "sep": ";"},
    "tabs": {"index": False, "sep": "\t"},
    "escaped": {"index": False, "doublequote": False, "escapechar": "\\"},
    "lines of Windows": {"index": False, "lineterminator": "\r\n"},
    "with a mark of UTF-8": {"index": False, "encoding": "utf-8-sig"},
}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("dialect", PANDAS)
def test_what_pandas_wrote_is_read_back(tmp_path: Path, dialect: str, seed: int):
    rows, options = random_rows(seed), PANDAS[dialect]
    path = tmp_path / "t.csv"
    pd.DataFrame(rows, columns=list(HEADER)).to_csv(path, **options)  # type: ignore[call-overload]

    found = rows_of(
        path, separator=options.get("sep", ","), quote='"', escape=options.get("escapechar", "")
    )

    assert found == [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", range(10))
def test_numbers_with_gaps_as_pandas_writes_them_are_the_same_ids_and_ratings(
    tmp_path: Path, seed: int
):
    """A column of whole numbers with a gap is one of floats to pandas: 7 is written as 7.0."""
    source = random.Random(seed)
    count = source.randrange(2, 40)
    users = [source.randrange(10**6) if source.random() < 0.9 else None for _ in range(count)]
    users[0] = None
    rated = [source.choice([1, 2.5, 4, None]) for _ in range(count)]
    path = tmp_path / "t.csv"
    pd.DataFrame({"user": users, "item": range(count), "rating": rated}).to_csv(path, index=False)

    raw = read_raw(path, None, ("user", "item", "rating"))
    ids = whole_ids(raw.table["user"]).to_list()

    assert ids == [None if user is None else str(user) for user in users]
    assert raw.rows == count
