"""A CSV is read as it was written, or refused with the line; never fewer rows in silence."""

import csv
import gzip
import io
import random
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from model.data.reading import LINE, TableFormat, read_raw
from model.data.reading.as_text import whole_ids
from model.errors import DatasetError

HEADER = ["a", "b", "c"]


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(path: Path, **described: object) -> list[tuple[str | None, ...]]:
    raw = read_raw(path, TableFormat(**described), HEADER)  # type: ignore[arg-type]
    return raw.table.select(HEADER).rows()


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


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str):
    content = "a,b,c\n1,Café,3\n".encode(encoding)

    assert rows_of(write(tmp_path, content), encoding=encoding) == [("1", "Café", "3")]
    if encoding.startswith("utf"):
        assert rows_of(write(tmp_path, content)) == [("1", "Café", "3")]
    else:
        with pytest.raises(DatasetError, match=r"line 2 is no UTF-8 .*encoding = "):
            rows_of(write(tmp_path, content))


def test_packed_files(tmp_path: Path):
    packed = gzip.compress(b"a,b,c\n1,2,3\n")

    assert rows_of(write(tmp_path, packed, "t.csv.gz")) == [("1", "2", "3")]
    assert rows_of(write(tmp_path, packed, "t.csv")) == [("1", "2", "3")]
    with pytest.raises(DatasetError, match="can't be read"):
        rows_of(write(tmp_path, packed[:-9], "cut.csv.gz"))


@pytest.mark.parametrize("name", ["t[1].csv", "t*.csv", "t?.csv", "{t}.csv", "~t.csv", "t,.csv"])
def test_a_path_is_a_path(tmp_path: Path, name: str):
    write(tmp_path, "a,b,c\n0,0,0\n", "t1.csv")

    assert rows_of(write(tmp_path, "a,b,c\n1,2,3\n", name)) == [("1", "2", "3")]


def test_damaged_packing_is_refused(tmp_path: Path):
    packed = bytearray(gzip.compress(b"a,b,c\n" + b"1,2,3\n" * 1000))
    packed[12:20] = b"\xff" * 8

    with pytest.raises(DatasetError, match="can't be read"):
        rows_of(write(tmp_path, bytes(packed), "t.csv.gz"))


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


def test_a_name_that_stands_twice_is_refused_if_it_is_asked_for(tmp_path: Path):
    path = write(tmp_path, "a,b,c,d,d\n1,2,3,4,5\n")

    assert rows_of(path) == [("1", "2", "3")]
    with pytest.raises(DatasetError, match="two columns 'd'"):
        read_raw(path, None, ["d"])


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


def test_a_header_amid_the_rows_is_no_row(tmp_path: Path):
    path = write(tmp_path, "a,b,c\n1,2,3\na,b,c\n4,5,6\n")

    assert read_raw(path).malformed == {
        "a row repeats the header, as in files put one behind the other": [3]
    }
    assert rows_of(path) == [("1", "2", "3"), ("4", "5", "6")]
    split = write(tmp_path, "a::b::c\n1::2::3\na::b::c\n")
    assert read_raw(split, TableFormat(separator="::")).rows == 2
    assert rows_of(split, separator="::") == [("1", "2", "3")]


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


@pytest.mark.parametrize(
    ("written", "described"),
    [
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", "UTF8"),
        ("utf-16-le", None),
        ("utf-16-be", None),
        ("utf-16", "utf-16-le"),
        ("utf-32", None),
        ("utf-32-le", "utf-32-le"),
    ],
)
def test_marks_of_an_encoding_are_no_text(tmp_path: Path, written: str, described: str | None):
    path = write(tmp_path, "a,b,c\n1,Café,3\n".encode(written))

    assert read_raw(path, TableFormat(encoding=described)).header == HEADER
    assert rows_of(path, encoding=described) == [("1", "Café", "3")]


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
