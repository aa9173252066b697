"""The line of a CSV that names its columns: missing, twice, or amid the rows."""

from pathlib import Path

import pytest

from model.data.reading import TableFormat, read_raw
from model.errors import DatasetError
from tests.model.reading.csv_files import rows_of, write


def test_a_name_that_stands_twice_is_refused_if_it_is_asked_for(tmp_path: Path):
    path = write(tmp_path, "a,b,c,d,d\n1,2,3,4,5\n")

    assert rows_of(path) == [("1", "2", "3")]
    with pytest.raises(DatasetError, match="two columns 'd'"):
        read_raw(path, None, ["d"])


def test_a_header_amid_the_rows_is_no_row(tmp_path: Path):
    path = write(tmp_path, "a,b,c\n1,2,3\na,b,c\n4,5,6\n")

    assert read_raw(path).malformed == {
        "a row repeats the header, as in files put one behind the other": [3]
    }
    assert rows_of(path) == [("1", "2", "3"), ("4", "5", "6")]
    split = write(tmp_path, "a::b::c\n1::2::3\na::b::c\n")
    assert read_raw(split, TableFormat(separator="::")).rows == 2
    assert rows_of(split, separator="::") == [("1", "2", "3")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "::"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_without_a_header(tmp_path: Path, separator: str, end: str):
    path = tmp_path / "t.dat"
    lines = ["", "a:b,c".replace(",", separator), separator.join("xyz"), separator.join("de")]
    path.write_text(end.join(lines) + end, newline="", encoding="utf-8-sig")
    known = separator if separator == "::" else None
    described = TableFormat(columns=("u", "i"), separator=known)

    raw = read_raw(path, described, ["i", "u"])

    assert raw.header == ["u", "i"]
    assert raw.table.rows() == [("c", "a:b", 2), ("e", "d", 4)]
    assert raw.malformed == {"a row has 3 value(s) where `columns` names 2": [3]}


def test_a_header_below_given_names_is_refused_as_a_row(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("u,i\na,b\n")

    raw = read_raw(path, TableFormat(columns=("u", "i")))

    assert raw.table.rows() == [("a", "b", 2)]
    assert [*raw.malformed.values()] == [[1]]


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_names_are_for_a_csv_alone(tmp_path: Path, name: str):
    (tmp_path / name).write_text('{"u": 1, "i": 2}')

    with pytest.raises(DatasetError, match="has names of its columns: leave `columns` out"):
        read_raw(tmp_path / name, TableFormat(columns=("u", "i")))
    with pytest.raises(ValueError, match="two columns can't both be 'u'"):
        TableFormat(columns=("u", "u"))


@pytest.mark.parametrize("separator", [",", "::"])
def test_files_with_marks_put_one_behind_the_other(tmp_path: Path, separator: str):
    path = tmp_path / "t.csv"
    one, other = ("u,i\na,1\n", '"u","i"\nb,2\n') if separator == "," else ("u::i\na::1\n",) * 2
    path.write_text(f"\ufeff{one}\ufeff{other}\ufeffc{separator}3\n")

    raw = read_raw(path, TableFormat(separator=separator))

    assert raw.table.get_column("u").to_list() == ["a", "b" if separator == "," else "a", "c"]
    assert raw.malformed == {
        "a row repeats the header, as in files put one behind the other": [3],
    }
