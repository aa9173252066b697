"""Parquet and JSON lines are read as a CSV of the same would be."""

import datetime
import gzip
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from model.data.reading import LINE, read_raw
from model.data.reading.as_text import whole_ids
from model.data.reading.times import nanoseconds_beyond, seconds_since_epoch
from model.errors import DatasetError
from model.features.numbers_as_text import number_or_year

NOON = datetime.datetime(2022, 6, 24, 12, 0, 0, 500_000)


@pytest.mark.parametrize("name", ["t.parquet", "t.pq", "t [1].parquet", "t.parquet.gz"])
def test_every_type_becomes_text(tmp_path: Path, name: str):
    table = pl.DataFrame(
        {
            "whole": [1.0, None, float("nan")],
            "part": [0.5, 2.0, float("nan")],
            "decimal": pl.Series([Decimal("1.50"), None, Decimal("2")], dtype=pl.Decimal(9, 2)),
            "big": pl.Series([2**60, 1, None], dtype=pl.Int64),
            "yes": [True, None, False],
            "day": [datetime.date(2020, 1, 2), None, datetime.date(1999, 12, 31)],
            "moment": pl.Series([NOON, None, NOON]).cast(pl.Datetime("ns")),
            "zoned": pl.Series([NOON, None, NOON])
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone("Europe/Berlin"),
            "kind": pl.Series(["x", None, "y"], dtype=pl.Categorical),
            "many": [["a", None, "b"], None, []],
            "numbers": [[1.0, 2.0], [float("nan")], None],
        }
    )
    path = tmp_path / name
    table.write_parquet(tmp_path / "plain.parquet")
    content = (tmp_path / "plain.parquet").read_bytes()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    raw = read_raw(path)

    assert raw.table.to_dict(as_series=False) == {
        "whole": ["1", None, None],
        "part": ["0.5", "2.0", None],
        "decimal": ["1.5", None, "2.0"],
        "big": [str(2**60), "1", None],
        "yes": ["true", None, "false"],
        "day": ["2020-01-02", None, "1999-12-31"],
        "moment": ["2022-06-24T12:00:00.500", None, "2022-06-24T12:00:00.500"],
        "zoned": ["2022-06-24T12:00:00.500", None, "2022-06-24T12:00:00.500"],
        "kind": ["x", None, "y"],
        "many": [["a", "b"], None, []],
        "numbers": [["1", "2"], [], None],
        LINE: [1, 2, 3],
    }


@pytest.mark.parametrize("column", [[[["a"]]], [{"a": 1}], [b"bytes"]])
def test_what_is_no_text_is_refused(tmp_path: Path, column: list[object]):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"odd": column}).write_parquet(path)

    with pytest.raises(DatasetError, match=r"'odd' holds .*; write"):
        read_raw(path, None, ["odd"])
    assert read_raw(path, None, ["other"]).header == ["odd"]
    told = read_raw(path)
    assert told.table.columns == [LINE]
    assert "odd" in told.left_out["odd"]


def test_json_lines(tmp_path: Path):
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"id": 1, "x": 2.0, "l": ["a", 1], "b": true}\n\n{"id": "two", "x": null}\n'
        'not json\n[1]\n{"id": 3.0, "x": 4, "l": "alone"}\n'
    )

    raw = read_raw(path)

    assert raw.table.to_dict(as_series=False) == {
        "id": ["1", "two", "3.0"],
        "x": ["2", None, "4"],
        "l": [["a", "1"], None, ["alone"]],
        "b": ["true", None, None],
        LINE: [1, 3, 6],
    }
    assert raw.malformed == {"a line is no JSON object": [4, 5]}
    assert raw.rows == 5


def test_whole_ids():
    assert whole_ids(pl.Series(["3.0", None, "10.00"])).to_list() == ["3", None, "10"]
    assert whole_ids(pl.Series(["3.0", "3.5"])).to_list() == ["3.0", "3.5"]
    assert whole_ids(pl.Series(["3.0", "a"])).to_list() == ["3.0", "a"]
    assert whole_ids(pl.Series(["007", "3"])).to_list() == ["007", "3"]
    # Of two files, the one in which no id is missing.
    assert whole_ids(pl.Series(["3.0", "3", None])).to_list() == ["3", "3", None]
    assert whole_ids(pl.Series([" 3", "4"])).to_list() == [" 3", "4"]


@pytest.mark.parametrize(
    "text",
    [
        "1656072000.5",
        "1656072000500",
        "1656072000500000",
        "2022-06-24T12:00:00.500Z",
        "2022-06-24 12:00:00.5",
        "2022-06-24T14:00:00.500+02:00",
        "2022-06-24 12:00:00.5 UTC",
        "2022/6/24 12:00:00.500",
        "24.06.2022 12:00:00.5",
    ],
)
def test_one_moment_in_every_form(text: str):
    found = seconds_since_epoch(pl.Series("at", [text, None, text]))

    assert found.name == "at"
    assert found.to_list() == [1656072000.5, None, 1656072000.5]


def test_what_is_no_time_is_null():
    assert seconds_since_epoch(pl.Series(["2022-06-24", "noon", "24.13.2022"])).to_list() == [
        1656028800.0,
        None,
        None,
    ]
    assert seconds_since_epoch(pl.Series(["1", "2", "noon", "inf"])).to_list() == [
        1.0,
        2.0,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [(" 7.5", 7.5), ("-3", -3), ("2024-01-01", 2024), ("2023-07-02T12:00:00", 2023.5), ("x", None)],
)
def test_dates_are_numbers_of_years(text: str, number: float | None):
    assert number_or_year(text) == (None if number is None else pytest.approx(number, abs=0.001))


def test_json_as_python_writes_it(tmp_path: Path):
    path = tmp_path / "t.jsonl"
    rows = [{"id": 10**25 + n, "x": x} for n, x in enumerate([float("nan"), 1.5, float("inf")])]
    path.write_text("\n".join(map(json.dumps, rows)) + '\n{"id": NaN, "x": "\\ud800"}\n')

    raw = read_raw(path)

    assert raw.table["id"].to_list() == [str(10**25 + n) for n in range(3)]
    assert raw.table["x"].to_list() == [None, "1.5", "Infinity"]
    assert raw.malformed == {"a line is no JSON object": [4]}


def test_ids_keep_all_digits_beside_floats_in_json(tmp_path: Path):
    path = tmp_path / "t.jsonl"
    path.write_text(f'{{"id": {2**53 + 1}}}\n{{"id": 3.0}}\n')

    assert read_raw(path).table["id"].to_list() == [str(2**53 + 1), "3"]


def test_decimals_and_single_precision_keep_their_digits(tmp_path: Path):
    ids = [Decimal(10**19 + n) for n in range(2)]
    table = pl.DataFrame(
        {
            "id": pl.Series(ids, dtype=pl.Decimal(38, 0)),
            "scaled": pl.Series(ids, dtype=pl.Decimal(38, 4)),
            "single": pl.Series([0.7, 2.1], dtype=pl.Float32),
        }
    )
    table.write_parquet(tmp_path / "t.parquet")

    assert read_raw(tmp_path / "t.parquet").table.drop(LINE).to_dict(as_series=False) == {
        "id": ["10000000000000000000", "10000000000000000001"],
        "scaled": ["10000000000000000000", "10000000000000000001"],
        "single": ["0.7", "2.1"],
    }


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["24/06/2022", "01/02/2022"], [19167, 19024]),
        (["06/24/2022", "2/1/2022"], [19167, 19024]),
        (["01/02/2022", "02/01/2022"], [None, None]),
        (["24/06/2022", "06/24/2022"], [None, None]),
        (["20220624", "20220201", "20221301"], [19167, 19024, None]),
    ],
)
def test_a_column_tells_days_from_months_or_is_refused(texts: list[str], days: list[int | None]):
    found = seconds_since_epoch(pl.Series(texts))

    assert found.to_list() == [None if day is None else 86400.0 * day for day in days]


def test_seconds_among_milliseconds_are_seconds():
    found = seconds_since_epoch(pl.Series(["1656072000", "1656072000500", "1000"]))

    assert found.to_list() == [1656072000.0, 1656072000.5, 1.0]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("1600000000000000999", "1600000000000001001"),
        ("1600000000000099997", "1600000000000099998"),
        ("2022-06-24T12:00:00.123456788", "2022-06-24T12:00:00.123456789"),
    ],
)
def test_nanoseconds_apart_are_in_order(earlier: str, later: str):
    column = pl.Series([earlier, later])
    times = list(zip(seconds_since_epoch(column), nanoseconds_beyond(column), strict=True))

    assert times[0] < times[1]


@pytest.mark.parametrize(
    "text",
    [
        '{"u": "a:b", "r": 1}\n{"u": "x", "r": 4, "r" : 2}\n{"u": "y", "r": 3, "q": {"r": 1}}\n'
        '{"u": "z", "r": 3, "q": {"n": 1, "\\u006e": 2}}\n',
        '[{"u": "a:b", "r": 1},\n{"u": "x", "r": 4, "r" : 2},\n{"u": "y", "r": 3, "q": {"r": 1}},\n'
        '{"u": "z", "r": 3, "q": {"n": 1, "\\u006e": 2}}]',
    ],
)
def test_an_object_that_names_something_twice_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "t.json"
    path.write_text(text)

    raw = read_raw(path, wanted=["u", "r"])

    assert raw.table.rows() == [("a:b", "1", 1), ("y", "3", 3)]
    assert raw.malformed == {
        "an object has the name 'r' twice": [2],
        "an object has the name 'n' twice": [4],
    }
    assert raw.rows == 4


def test_a_list_of_json_objects(tmp_path: Path):
    path = tmp_path / "t.json"
    path.write_text('\n[\n {"a": 1,\n  "b": NaN},\n 5,\n {"a": 12345678901234567890123}\n]\n')

    raw = read_raw(path)

    assert raw.table.to_dict(as_series=False) == {
        "a": ["1", "12345678901234567890123"],
        "b": [None, None],
        LINE: [3, 6],
    }
    assert raw.malformed == {"a line is no JSON object": [5]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"a": 1},\n{"a": 2}', "is cut off"),
        ('[{"a": 1},\n{"a" 2}]', "line 2 is no JSON"),
        ('[{"a": 1}]]', "line 1 is no JSON"),
        ('[{"a": "\\ud800"}]', "line 1 is no JSON"),
        ('{\n"a": 1\n}', "write one a line, or a list of them"),
    ],
)
def test_a_list_that_is_no_json_is_told(tmp_path: Path, text: str, problem: str):
    path = tmp_path / "t.json"
    path.write_text(text)

    with pytest.raises(DatasetError, match=problem):
        read_raw(path)
