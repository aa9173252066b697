"""`melu items import` against a running service."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.running import Service, run_melu
from tests.service.visitors import ok

pytestmark = pytest.mark.slow

COUNT = 1200


def _table(kind: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "item_id": [f"{kind} {n}" for n in range(COUNT)],
            "title": [f"Import {n}" for n in range(COUNT)],
            "genre": ["comedy|horror"] * COUNT,
            "year": [1950 + n % 50 for n in range(COUNT)],
        }
    )


def _write(kind: str, folder: Path) -> Path:
    file = folder / f"items.{kind}"
    if kind == "csv":
        _table(kind).write_csv(file)
    elif kind == "parquet":
        _table(kind).with_columns(pl.col("genre").str.split("|")).write_parquet(file)
    else:
        lines = [
            json.dumps(
                {
                    "item_id": row["item_id"],
                    "title": row["title"],
                    "attributes": {"genre": row["genre"].split("|"), "year": row["year"]},
                }
            )
            for row in _table(kind).iter_rows(named=True)
        ]
        file.write_text("\n".join(lines))
    return file


@pytest.fixture(scope="module")
def service(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One whose catalogue no other test sees."""
    running = Service(bundle, tmp_path_factory.mktemp("import")).start()
    yield running
    running.stop()


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_items_of_a_file_are_served(service: Service, tmp_path: Path, kind: str):
    file = _write(kind, tmp_path)
    first = run_melu("items", "import", str(file), "--service", service.url)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("1,200 items are new, 0 were there before.")
    with service.client() as client:
        shown = ok(client.get(f"/items/{kind} 1199"))
    assert shown["title"] == "Import 1199"
    assert shown["attributes"] == {"genre": ["comedy", "horror"], "year": 1999}
    again = run_melu("items", "import", str(file), "--service", service.url)
    assert again.stdout.startswith("0 items are new, 1,200 were there before.")


def test_what_is_wrong_is_named(service: Service, tmp_path: Path):
    file = tmp_path / "items.csv"
    file.write_text("item_id,mood\na,dark\n")
    refused = run_melu("items", "import", str(file), "--service", service.url)
    assert refused.returncode == 1
    assert "mood" in refused.stderr
    assert "genre" in refused.stderr
    file.write_text("id\na\n")
    assert "item_id" in run_melu("items", "import", str(file), "--service", service.url).stderr
    away = run_melu("items", "import", str(file), "--service", "http://127.0.0.1:9")
    assert away.returncode == 1
    assert "can't be reached" in away.stderr
