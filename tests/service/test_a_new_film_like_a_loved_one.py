"""A film that was put a moment ago stands where its likeness to rated films puts it."""

from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from model.data import load_dataset
from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.service.visitors import Json, Visitor, ok
from tests.training import train_bundle
from tests.worlds import ITEMS_OF_A_GENRE, MANY_GENRES, write_many_tastes

PLACES = 200
"""Most items of a ranking that a page holds; the catalogue has 600."""
TOP_TENTH = len(MANY_GENRES) * ITEMS_OF_A_GENRE // 10
LOVED, HATED = 3, 5
USERS = range(0, len(MANY_GENRES), 2)


@pytest.fixture(scope="module")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("cinema")
    dataset, preset = load_dataset(write_many_tastes(folder / "data")), QUICK_PRESETS["default"]
    train_bundle(dataset, preset, folder / "model", seed=1)
    service = Service(folder / "model", folder / "service").start()
    with service.client() as client:
        yield client
    service.stop()


@pytest.fixture(params=USERS, ids=lambda genre: MANY_GENRES[genre])
def fan(request: pytest.FixtureRequest, cinema: httpx.Client) -> tuple[Visitor, list[int]]:
    """A user who loves three films of one genre and hates five others; these films, in order."""
    genre: int = request.param
    random = np.random.default_rng(genre)
    films = np.arange(len(MANY_GENRES) * ITEMS_OF_A_GENRE)
    is_loved = films // ITEMS_OF_A_GENRE == genre
    loved = random.choice(films[is_loved], LOVED, replace=False).tolist()
    hated = random.choice(films[~is_loved], HATED, replace=False).tolist()
    visitor = Visitor(cinema, f"fan of {MANY_GENRES[genre]} {request.node.name}")
    visitor.rate(dict.fromkeys(loved, 5.0) | dict.fromkeys(hated, 1.0))
    return visitor, loved + hated


def like(client: httpx.Client, film: int) -> Json:
    """A new film with the attributes of another."""
    attributes = ok(client.get(f"/items/{film}"))["attributes"]
    return {"title": "First Night", "attributes": attributes}


def test_it_is_in_the_top_tenth_at_the_next_request(
    cinema: httpx.Client, fan: tuple[Visitor, list[int]]
):
    visitor, films = fan
    new = f"/items/new {films[0]}"
    before = visitor.recommended(limit=PLACES)

    ok(cinema.put(new, json=like(cinema, films[0])), 201)
    after = visitor.recommended(limit=PLACES)
    assert cinema.delete(new).status_code == 204

    assert new.removeprefix("/items/") not in before
    assert new.removeprefix("/items/") in after[:TOP_TENTH]
    assert visitor.recommended(limit=PLACES) == before


def test_one_like_a_hated_film_is_not(cinema: httpx.Client, fan: tuple[Visitor, list[int]]):
    visitor, films = fan
    new = f"/items/new {films[-1]}"

    ok(cinema.put(new, json=like(cinema, films[-1])), 201)
    ranked = visitor.recommended(limit=PLACES)
    cinema.delete(new)

    assert new.removeprefix("/items/") not in ranked[:TOP_TENTH]
