"""Which files of a folder are read, and why the others are not."""

import gzip
import os
from pathlib import Path

import pytest

from model.errors import DatasetError
from tests.model.proposal.folders import HEADER, ITEMS, PAIRS, ROWS, proposed, reasons, write


def test_a_copy_counts_once(tmp_path: Path):
    write(tmp_path / "events.csv", HEADER[:2], PAIRS)
    packed = gzip.compress((tmp_path / "events.csv").read_bytes())
    (tmp_path / "events.csv.gz").write_bytes(packed)

    proposal = proposed(tmp_path)

    assert proposal.ratings.names == ["events.csv"]
    assert "events.csv.gz is left out: it has the same rows" in reasons(proposal)


def test_more_of_the_same_in_another_encoding_is_told(tmp_path: Path):
    write(tmp_path / "r2024.csv", HEADER, ROWS[:120])
    write(
        tmp_path / "r2025.csv",
        HEADER,
        [("é" + row[0], *row[1:]) for row in ROWS[120:]],
        encoding="latin-1",
    )

    told = reasons(proposed(tmp_path))

    assert "r2025.csv is no UTF-8, and read as latin-1: 'éu" in told
    assert "r2025.csv is left out: it has users and items as r2024.csv has" in told


@pytest.mark.parametrize(
    ("name", "start", "problem"),
    [
        (b"r\xff.csv", "", "its name is no UTF-8; rename it"),
        (b"r.csv", "sep=,\n", "an instruction to Excel"),
    ],
)
def test_files_with_odd_names_and_starts(tmp_path: Path, name: bytes, start: str, problem: str):
    write(tmp_path / "r", HEADER, ROWS)
    content = start + (tmp_path / "r").read_text()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(content)

    with pytest.raises(DatasetError, match=problem):
        proposed(tmp_path)


def test_what_is_no_table_is_told(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "items.xlsx").touch()
    (tmp_path / "items.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "ratings.parquet").mkdir()
    (tmp_path / "ratings.parquet" / "part-0.parquet").touch()

    told = reasons(proposed(tmp_path))

    for sentence in (
        "empty.csv is left out: it is empty.",
        "items.xlsx is left out: no such file is read",
        "items.csv is left out: it is a link to nothing",
        f"ratings.parquet is left out: {tmp_path / 'ratings.parquet' / 'part-0.parquet'} is empty.",
    ):
        assert sentence in told


def test_an_encoding_that_nobody_can_tell_is_not_guessed(tmp_path: Path):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    titles = [(f"i{n}", f"\x81 {n}") for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "title"), titles, encoding="latin-1")

    proposal = proposed(tmp_path)

    assert proposal.items is None
    assert "items.csv is left out: its encoding is none of" in reasons(proposal)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"user,item\n", "names of columns, and no rows"),
        (b"PAR1\x15\x04", "it is Parquet: let its"),
    ],
)
def test_files_without_rows(tmp_path: Path, content: bytes, problem: str):
    (tmp_path / "ratings.csv").write_bytes(content)

    with pytest.raises(DatasetError, match=problem):
        proposed(tmp_path)


def test_a_table_that_tells_more_is_that_of_ratings(tmp_path: Path):
    write(
        tmp_path / "a_train.csv", ("uid", "iid", "label"), [(*row[:2], row[2] % 2) for row in ROWS]
    )
    write(tmp_path / "b_test.csv", ("uid", "iid"), [*PAIRS, ("u0", "i0")])

    proposal = proposed(tmp_path)

    assert proposal.columns["rating"] == "label"
    assert "b_test.csv is left out: it has users and items as a_train.csv has" in reasons(proposal)
