"""The bytes of a CSV: encodings with their marks, and packing."""

import gzip
from pathlib import Path

import pytest

from model.data.reading import TableFormat, read_raw
from model.errors import DatasetError
from tests.model.reading.csv_files import HEADER, rows_of, write


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


def test_damaged_packing_is_refused(tmp_path: Path):
    packed = bytearray(gzip.compress(b"a,b,c\n" + b"1,2,3\n" * 1000))
    packed[12:20] = b"\xff" * 8

    with pytest.raises(DatasetError, match="can't be read"):
        rows_of(write(tmp_path, bytes(packed), "t.csv.gz"))


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
