"""What `melu items import` reads of a file, before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from model.data.description import Feature, ItemsTable
from model.errors import DatasetError
from model.features.kinds import CATEGORIES, NUMBER
from scripts.item_rows import ItemRows, read_items

FEATURES: dict[str, dict[str, Any]] = {"genre": {"kind": "categories"}, "year": {"kind": "number"}}


def read(
    folder: Path, name: str, content: str | bytes, described: ItemsTable | None = None
) -> ItemRows:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_items(path, FEATURES, "|", described)


def stored(rows: ItemRows) -> dict[str, tuple[str, dict[str, Any]]]:
    return {one.item_id: (one.body["title"], one.body["attributes"]) for one in rows.items}


def test_an_object_without_attributes_has_none(tmp_path: Path):
    rows = read(
        tmp_path,
        "t.jsonl",
        '{"item_id": 7, "title": "A", "attributes": {"year": 1990}}\n'
        '{"item_id": 8.0}\n{"item_id": "x", "attributes": null}\n'
        '{"item_id": "y", "attributes": 5}\n',
    )

    assert stored(rows) == {"7": ("A", {"year": 1990}), "8": ("8", {}), "x": ("x", {})}
    assert rows.refused == [(4, "attributes is no object")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "item_id,title\na,A\nb,B\na,C\n"),
        ("t.jsonl", '\n{"item_id": "a", "title": "A"}\n{"item_id": "b"}\n{"item_id": "a"}\n'),
        ("t.json", '[\n{"item_id": "a", "attributes": {}},\n{"item_id": "b"},\n{"item_id": "a"}]'),
    ],
)
def test_of_rows_with_one_id_the_first_is_sent(tmp_path: Path, name: str, content: str):
    rows = read(tmp_path, name, content)

    assert [one.item_id for one in rows.items] == ["a", "b"]
    assert rows.refused == [(4, "item_id 'a' stands before, in line 2")]
    assert rows.rows == 3


def test_an_item_that_names_something_twice_is_not_sent(tmp_path: Path):
    rows = read(
        tmp_path,
        "t.jsonl",
        '{"item_id": "a", "attributes": {"year": 1990, "year": 1991}}\n'
        '{"item_id": "b", "attributes": {"year": 1990}}\n',
    )

    assert stored(rows) == {"b": ("b", {"year": 1990})}
    assert rows.refused == [(1, "an object has the name 'year' twice")]


def test_a_file_written_as_the_items_of_a_data_set(tmp_path: Path):
    described = ItemsTable(
        file="items.csv",
        id="ISBN",
        title="Name",
        encoding="latin-1",
        decimal=",",
        missing=("NA",),
        features={"genre": Feature(kind=CATEGORIES, separator="/"), "year": Feature(kind=NUMBER)},
    )
    content = "ISBN;Name;genre;year;shelf\n1;Café;a/b;1990,5;x\n2;NA;NA;NA;y\n"

    rows = read(tmp_path, "new.csv", content.encode("latin-1"), described)

    assert stored(rows) == {"1": ("Café", {"genre": ["a", "b"], "year": 1990.5}), "2": ("2", {})}
    with pytest.raises(DatasetError, match=r"no column 'Name'; it has: ISBN"):
        read(tmp_path, "new.csv", "ISBN;genre;year\n1;a;2\n", described)


def test_what_training_dropped_is_not_sent(tmp_path: Path):
    features = {"year": Feature(kind=NUMBER), "studio": Feature(kind=CATEGORIES)}
    described = ItemsTable(file="items.csv", id="id", features=features)

    rows = read(tmp_path, "new.csv", "id,year,studio\n1,1990,one\n", described)

    assert stored(rows) == {"1": ("1", {"year": 1990})}
    assert rows.not_taken == ("studio",)
    assert stored(read(tmp_path, "new.csv", "id,year\n1,1990\n", described)) == stored(rows)
    del features["year"]
    other = ItemsTable(file="items.csv", id="id", features=features)
    with pytest.raises(DatasetError, match="has none of 'studio': it was trained on other data"):
        read(tmp_path, "new.csv", "id,studio\n1,one\n", other)


def test_a_column_that_can_not_be_sent_is_named(tmp_path: Path):
    with pytest.raises(DatasetError, match="Two columns are named 'title'; rename one"):
        read(tmp_path, "t.csv", "item_id,title,title\n1,A,B\n")
    with pytest.raises(DatasetError, match="'size' holds objects; write their parts"):
        read(tmp_path, "t.jsonl", '{"item_id": "a", "size": {"x": 1}}\n')
    with pytest.raises(DatasetError, match="no column 'item_id'; it has: none"):
        read(tmp_path, "t.csv", "")
