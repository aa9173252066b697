"""Parquet is read whoever wrote it, or what can't be read of it is told, with the remedy."""

import json
from pathlib import Path

import polars as pl
import pytest

from model.data import rating_table
from model.data.loading import load_dataset
from model.data.reading import LINE, read_raw
from model.errors import DatasetError

TABLE = pl.DataFrame(
    {"user": [f"u{n}" for n in range(900)], "total": [f"{n * n}" for n in range(900)]}
)
RATINGS = '[ratings]\nfile = "r.parquet"\nuser = "user"\nitem = "item"\nrating = "rating"\n'


def noted_by_pandas(*indices: object) -> dict[str, str]:
    """What `DataFrame.to_parquet` of pandas writes beside the columns, as far as it is read."""
    return {"pandas": json.dumps({"index_columns": indices, "pandas_version": "3.1.1"})}


def of_range(name: str | None, start: int, stop: int, step: int = 1) -> dict[str, object]:
    return {"kind": "range", "name": name, "start": start, "stop": stop, "step": step}


@pytest.mark.parametrize(
    ("index", "ids"),
    [
        (of_range("user", 1, 4), ["1", "2", "3"]),
        (of_range("user", 30, 0, -10), ["30", "20", "10"]),
        (of_range(None, 0, 3), None),
        # Rows were taken away since, by what kept the note.
        (of_range("user", 1, 40), None),
        ("user", None),
        ({"kind": "range", "name": "user"}, None),
    ],
)
def test_an_index_of_pandas_is_a_column(tmp_path: Path, index: object, ids: list[str] | None):
    """`users.set_index("user").to_parquet(…)`: ids in a row are a note, and in no column."""
    path = tmp_path / "t.parquet"
    table = pl.DataFrame({"age": [20, 30, 40]})
    table.write_parquet(path, metadata=noted_by_pandas(index))

    raw = read_raw(path)

    assert raw.header == (["age"] if ids is None else ["user", "age"])
    if ids is not None:
        assert raw.table.get_column("user").to_list() == ids
        assert read_raw(path, wanted=["user"]).table.to_dict(as_series=False) == {
            "user": ids,
            LINE: [1, 2, 3],
        }


def test_a_column_goes_before_an_index_of_its_name(tmp_path: Path):
    path = tmp_path / "t.parquet"
    noted = noted_by_pandas(of_range("user", 1, 3))
    pl.DataFrame({"user": ["a", "b"]}).write_parquet(path, metadata=noted)

    assert read_raw(path).table.get_column("user").to_list() == ["a", "b"]


def test_an_index_is_read_in_slices_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rating_table, "SLICE_ROWS", 3)
    table = pl.DataFrame({"item": list("abab" * 2), "rating": [1, 5] * 4})
    table.write_parquet(tmp_path / "r.parquet", metadata=noted_by_pandas(of_range("user", 7, 15)))
    (tmp_path / "dataset.toml").write_text(f'name = "t"\n{RATINGS}')

    data = load_dataset(tmp_path)

    assert data.user_ids == [str(7 + n) for n in range(8)]
    assert len(data.ratings) == 8


def test_names_of_columns_are_no_patterns(tmp_path: Path):
    names = ["*", "^u.*$", "user", "a.b", "a:b", "a b", ""]
    table = pl.DataFrame({name: [str(at)] for at, name in enumerate(names)})
    table.write_parquet(tmp_path / "t.parquet")

    raw = read_raw(tmp_path / "t.parquet")

    assert raw.header == names
    assert raw.table.row(0) == ("0", "1", "2", "3", "4", "5", "6", 1)
    assert read_raw(tmp_path / "t.parquet", wanted=["user"]).table.columns == ["user", LINE]


def test_half_precision_keeps_its_digits(tmp_path: Path):
    stars = [0.1, 3.7, None, 4.0, float("nan")]
    pl.DataFrame({"x": pl.Series(stars, dtype=pl.Float16)}).write_parquet(tmp_path / "t.parquet")

    assert read_raw(tmp_path / "t.parquet").table["x"].to_list() == [
        "0.1",
        "3.7",
        None,
        "4.0",
        None,
    ]


def test_a_column_that_can_not_be_read_leaves_the_others_be(tmp_path: Path):
    path = tmp_path / "t.parquet"
    TABLE.write_parquet(path, compression="zstd", statistics=False)
    content = bytearray(path.read_bytes())
    # The pages of the second column are about the middle of the file.
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)

    raw = read_raw(path)

    assert raw.table.get_column("user").to_list() == TABLE.get_column("user").to_list()
    assert raw.rows == 900
    assert list(raw.left_out) == ["total"]
    assert "'total' can't be read" in raw.left_out["total"]
    with pytest.raises(DatasetError, match=r"t\.parquet: 'total' can't be read: .* Write its"):
        read_raw(path, wanted=["user", "total"])
    assert read_raw(path, wanted=["user"]).rows == 900


def as_csv(_content: bytes) -> bytes:
    return b"user,item\nu1,i1\n"


def without_end(content: bytes) -> bytes:
    return content[: len(content) // 2]


def encrypted(content: bytes) -> bytes:
    """Mark a file as whoever encrypts its footer does."""
    return b"PARE" + content[4:-4] + b"PARE"


def without_footer(content: bytes) -> bytes:
    size = int.from_bytes(content[-8:-4], "little")
    return content[: -8 - size] + bytes(size) + content[-8:]


@pytest.mark.parametrize("name", ["t.parquet", "t.pq"])
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (as_csv, r"is no Parquet, for it begins with b'user'\. Let its name end with what it is"),
        (without_end, r"is cut off: it has no end\. Copy it again\."),
        (encrypted, r"is encrypted, which can't be read\. Write it without\."),
        (without_footer, r"can't be read as Parquet: .*\. Write it again"),
        (lambda _content: b"", r"is empty\."),
        (lambda _content: b"PA", r"is no Parquet"),
        (lambda _content: b"PAR1", r"can't be read as Parquet: .*\. Write it again"),
    ],
)
def test_what_is_no_parquet_is_told(tmp_path: Path, name: str, damage: object, problem: str):
    path = tmp_path / name
    TABLE.write_parquet(path)
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(DatasetError, match=problem) as told:
        read_raw(path, wanted=["user"])
    assert str(told.value).startswith(str(path))


def test_parts_without_rows_are_nothing(tmp_path: Path):
    path = tmp_path / "t.parquet"
    TABLE.head(7).write_parquet(path, row_group_size=2)
    assert read_raw(path).rows == 7
    TABLE.clear().write_parquet(path)

    raw = read_raw(path)

    assert (raw.header, raw.rows) == (["user", "total"], 0)
