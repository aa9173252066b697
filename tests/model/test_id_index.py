"""Ids are found, whichever way they are kept."""

import polars as pl
import pytest

from model.catalogue import id_index
from model.catalogue.id_index import index_of_ids


@pytest.fixture(params=[0, 1000], ids=["hashed", "dict"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_index, "_FEW", request.param)


@pytest.mark.usefixtures("few")
def test_every_id_is_found_at_its_place_and_no_other():
    ids = [f"item {number}" for number in range(300)] + ["", "ä", "𝄞", "-1", "-2"]
    found = index_of_ids(pl.Series(ids))
    assert [found[one] for one in ids] == list(range(len(ids)))
    assert "item 300" not in found
    assert found.get("Item 1") is None
    assert list(found) == ids
    assert len(found) == len(ids)
    with pytest.raises(KeyError):
        found["none"]


@pytest.mark.usefixtures("few")
def test_an_id_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        index_of_ids(pl.Series(["a", "b", "a"]))


def test_ids_of_equal_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(id_index, "_FEW", 0)
    monkeypatch.setattr(id_index, "hash", lambda text: len(text), raising=False)
    found = index_of_ids(pl.Series(["aa", "b", "cc", "dd"]))
    assert [found[one] for one in ("aa", "b", "cc", "dd")] == [0, 1, 2, 3]
    assert "ee" not in found
