"""A CSV is read as it was written, or refused with the line; never fewer rows in silence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from model.data.reading import LINE, TableFormat, read_raw
from model.errors import DatasetError
from tests.model.reading.csv_files import HEADER, rows_of, write


def test_lines_are_those_of_the_file(tmp_path: Path):
    path = write(tmp_path, 'a,b,c\n1,"two\nlines\r\nthree",x\n\n4,5,6\n\n\n"7\n",8,9\n10,11,12')

    raw = read_raw(path)

    assert raw.table.get_column(LINE).to_list() == [2, 6, 9, 11]
    assert raw.rows == 4
    assert raw.table.get_column("b")[0] == "two\nlines\r\nthree"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_a_line(tmp_path: Path, end: str):
    path = write(tmp_path, end.join(["a,b,c", "1,2,3", "", "4,5,6", ""]))

    assert rows_of(path) == [("1", "2", "3"), ("4", "5", "6")]
    assert read_raw(path).table.get_column(LINE).to_list() == [2, 4]


def test_rows_of_another_length_are_told_by_line(tmp_path: Path):
    path = write(tmp_path, 'a,b,c\n1,2\n"x\ny",2,3\n1,2,3,4\n1,2\n')

    raw = read_raw(path)

    assert raw.malformed == {
        "a row has 2 value(s) where the header has 3": [2, 6],
        "a row has 4 value(s) where the header has 3": [5],
    }
    assert raw.rows == 4
    assert raw.table.height == 1


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('a,b,c\n1,2,3\n4,"5,6\n7,8,9\n', 3, "never closed"),
        ('a,b,c\n1,"x\ny",3\n4,"5"6,7\n', 4, "more text follows"),
        ('a,b,c\n"Weird Al" Yankovic,2,3\n', 2, "more text follows"),
    ],
)
def test_a_stray_quote_is_told_by_line(tmp_path: Path, content: str, line: int, reason: str):
    with pytest.raises(DatasetError, match=f"line {line} is no CSV: .*{reason}.*quote"):
        read_raw(write(tmp_path, content))


def test_quotes_within_a_value_are_text(tmp_path: Path):
    assert rows_of(write(tmp_path, 'a,b,c\n5" disk,say "hi",x\n')) == [('5" disk', 'say "hi"', "x")]
    told = write(tmp_path, 'a,b,c\n"Weird Al" Yankovic,2,3\n')
    assert rows_of(told, quote="") == [('"Weird Al" Yankovic', "2", "3")]


@pytest.mark.parametrize("text", [r"ends \"", r"\"starts", r"a \"b\" c", r"\\", r"x\\\"y"])
@pytest.mark.parametrize("after", ['"fine"', '""', '"a,b"', "plain"])
def test_quotes_behind_backslashes_lose_no_row(tmp_path: Path, text: str, after: str):
    lines = [f'1,"{text}",x', f"2,{after},y", '3,"z, z",z', f'4,"{text}",{after}']
    path = write(tmp_path, "a,b,c\n" + "\n".join(lines) + "\n")

    found, refusal = None, ""
    try:
        found = [row[0] for row in rows_of(path)]
    except DatasetError as error:
        refusal = str(error)
    assert found == ["1", "2", "3", "4"] or "escape" in refusal
    assert [row[0] for row in rows_of(path, escape="\\")] == ["1", "2", "3", "4"]


def test_a_backslash_at_the_end_is_one(tmp_path: Path):
    path = write(tmp_path, 'a,b,c\n1,"C:\\",x\n2,"D:\\",y\n')

    assert rows_of(path) == [("1", "C:\\", "x"), ("2", "D:\\", "y")]


def test_what_parts_values_is_found_by_the_columns(tmp_path: Path):
    for separator in (",", ";", "\t", "|"):
        path = write(tmp_path, f"a{separator}b{separator}c\n1{separator}2,5{separator}3\n")
        expected = "2,5"
        if separator == ",":
            path = write(tmp_path, 'a,b,c\n1,"2,5",3\n')
        assert rows_of(path) == [("1", expected, "3")]
    assert rows_of(write(tmp_path, "a::b::c\n1::2::3\n"), separator="::") == [("1", "2", "3")]
    assert rows_of(write(tmp_path, "a\tb\tc\n1\t2\t3\n", "t.tsv")) == [("1", "2", "3")]


@pytest.mark.parametrize("name", ["t[1].csv", "t*.csv", "t?.csv", "{t}.csv", "~t.csv", "t,.csv"])
def test_a_path_is_a_path(tmp_path: Path, name: str):
    write(tmp_path, "a,b,c\n0,0,0\n", "t1.csv")

    assert rows_of(write(tmp_path, "a,b,c\n1,2,3\n", name)) == [("1", "2", "3")]


@pytest.mark.parametrize(
    "described",
    [{"encoding": "zlib"}, {"encoding": "idna"}, {"encoding": "x"}, {"separator": "\0"}],
    ids=str,
)
def test_what_no_file_is_written_in_is_refused(described: dict[str, str]):
    with pytest.raises(ValidationError):
        TableFormat(**described)  # type: ignore[arg-type]


def test_missing_texts_are_unknown(tmp_path: Path):
    path = write(tmp_path, "a,b,c\nNA,\\N,x\n1, NA ,\n")

    assert rows_of(path, missing=["NA", "\\N"]) == [(None, None, "x"), ("1", None, None)]


def test_a_line_of_blanks_is_blank(tmp_path: Path):
    raw = read_raw(write(tmp_path, "a,b,c\n1,2,3\n  \n\t\n4,5,6\n"))

    assert (raw.rows, raw.malformed) == (2, {})


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_blanks_behind_what_parts_values_are_no_part_of_them(tmp_path: Path, separator: str):
    apart = f"{separator} "
    text = "\n".join(
        apart.join(row) for row in (HEADER, ["1", f'"x{apart}y"', "3"], ["4", "5", "6"])
    )

    for described in ({}, {"separator": separator}):
        found = rows_of(write(tmp_path, text), **described)
        assert found == [("1", f"x{apart}y", "3"), ("4", "5", "6")]
    # A blank before some values alone is theirs.
    assert rows_of(write(tmp_path, "a,b,c\n1, 2,3\n")) == [("1", " 2", "3")]
