"""An export is files, which come from anywhere: what no export holds is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from scripts.loop.exported import TABLES, ExportError, read_export
from tests.loop.exports import NOW, write_export

NAN = float("nan")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    told = [("ada", "1", 5.0, NOW), ("ada", "1/2", "pair-first", NOW), ("eve", "2", "like", NOW)]
    return write_export(tmp_path, told, items={"3": {"title": "Heat"}, "4": None})  # type: ignore[arg-type]


def test_what_an_export_holds_is_read(export: Path):
    found = read_export(export)

    assert found.feedback.height == 3
    assert found.users.height == found.items.height == 2


@pytest.mark.parametrize(
    ("name", "row", "told"),
    [
        ("feedback", (None, "1", 5.0, None, 1.0, NOW, None), "'user_id' is empty"),
        ("feedback", ("ada", "1", 5.0, None, 1.0, None, None), "'at' is empty"),
        ("feedback", ("a\nb", "1", 5.0, None, 1.0, NOW, None), "is no id"),
        ("feedback", ("a/b", "1", 5.0, None, 1.0, NOW, None), "is no id"),
        ("feedback", ("ada", "1//2", None, "pair-first", 1.0, NOW, None), "is no id"),
        ("feedback", ("ada", "1", None, None, 1.0, NOW, None), "rating or an action"),
        ("feedback", ("ada", "1", 5.0, "like", 1.0, NOW, None), "rating or an action"),
        ("feedback", ("ada", "1", None, "like", -1.0, NOW, None), "weight"),
        ("feedback", ("ada", "1", None, "like", NAN, NOW, None), "weight"),
        ("users", ("ada", "{", NOW, NOW), "no JSON object"),
        ("users", ("ada", "[1]", NOW, NOW), "no JSON object"),
        ("users", ("ada", "{}", None, NOW), "'created_at' is empty"),
        ("items", ("3", "Heat", '{"year":NaN}', False), "no JSON object"),
        ("items", ("3", "Heat", "[" * 5000, False), "no JSON object"),
        ("items", ("a/b", "Heat", "{}", False), "is no id"),
        ("items", ("3", "Heat", "{}", None), "'deleted' is empty"),
    ],
)
def test_a_row_that_no_export_has_is_refused(
    export: Path, name: str, row: tuple[object, ...], told: str
):
    file = export / f"{name}-00001.parquet"
    pl.DataFrame([row], schema=TABLES[name], orient="row").write_parquet(file)

    with pytest.raises(ExportError, match=told) as refused:
        read_export(export)

    assert str(file) in str(refused.value)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_other_columns_is_refused(export: Path, name: str):
    file = export / f"{name}-00000.parquet"
    table = pl.read_parquet(file)
    for column in TABLES[name]:
        table.drop(column).write_parquet(file)
        with pytest.raises(ExportError, match=f"no column '{column}'"):
            read_export(export)
        table.with_columns(pl.lit(b"x").alias(column)).write_parquet(file)
        with pytest.raises(ExportError, match=f"'{column}' is Binary"):
            read_export(export)


@pytest.mark.parametrize("name", TABLES)
def test_an_export_that_lacks_a_file_is_refused(export: Path, name: str):
    (export / f"{name}-00000.parquet").unlink()

    with pytest.raises(ExportError, match=rf"has 0 row\(s\) of {name}, .* files are missing"):
        read_export(export)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"layout": 1}'])
def test_an_export_that_describes_nothing_is_refused_in_a_line(export: Path, text: str):
    (export / "export.json").write_text(text)

    with pytest.raises(ExportError, match=r"export.json is not as `melu export-feedback`") as found:
        read_export(export)

    assert "\n" not in str(found.value)
