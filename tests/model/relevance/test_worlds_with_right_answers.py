"""In worlds whose right answers are known, lists hold what a user loves, and not the rest."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.adapted_copy import AdaptedCopy
from model.data import Dataset, load_dataset
from model.fitting import fit_model
from model.presets import with_options
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle
from tests.worlds import ITEMS_OF_A_GENRE, MANY_GENRES, write_many_tastes

pytestmark = pytest.mark.slow

GENRES = range(0, len(MANY_GENRES), 3)


@pytest.fixture(scope="module")
def many_tastes(
    tmp_path_factory: pytest.TempPathFactory,
    trained_once: Callable[[str, Callable[[Path], object]], Path],
) -> Recommender:
    preset = with_options(QUICK_PRESETS["default"], least_updates=300)

    def train(folder: Path) -> None:
        data = write_many_tastes(tmp_path_factory.mktemp("many-tastes") / "data")
        train_bundle(load_dataset(data), preset, folder)

    return Recommender.load(trained_once("many-tastes", train))


def of_genre(index: np.ndarray, genre: int) -> int:
    return int((index // ITEMS_OF_A_GENRE == genre).sum())


def first_of(genre: int, count: int = 3) -> list[int]:
    return [genre * ITEMS_OF_A_GENRE + place for place in range(count)]


def list_of(recommender: Recommender, support_set: list[tuple[int, float]]) -> np.ndarray:
    without = np.array(sorted(item for item, _ in support_set), dtype=np.int64)
    user: AdaptedCopy = recommender.adapt({}, support_set)
    return recommender.rank(user, 10, without=without).index


@pytest.mark.parametrize("genre", GENRES)
def test_three_loved_of_a_kind_bring_that_kind(many_tastes: Recommender, genre: int):
    everybody = list_of(many_tastes, [])

    found = list_of(many_tastes, [(item, 5.0) for item in first_of(genre)])

    assert of_genre(found, genre) >= 6
    assert set(found) != set(everybody)


@pytest.mark.parametrize("genre", GENRES)
def test_dislikes_alone_never_bring_more_of_the_same(many_tastes: Recommender, genre: int):
    before = many_tastes.adapt({}, [])
    disliked = [(item, 1.0) for item in first_of(genre)]
    after = many_tastes.adapt({}, disliked)
    items = np.arange(many_tastes.catalogue.size)

    found = many_tastes.rank(after, len(items)).index
    places = np.empty(len(items), dtype=np.int64)
    places[found] = items
    earlier = np.empty(len(items), dtype=np.int64)
    earlier[many_tastes.rank(before, len(items)).index] = items

    same = items // ITEMS_OF_A_GENRE == genre
    assert places[same].mean() > earlier[same].mean()
    assert of_genre(list_of(many_tastes, disliked), genre) <= of_genre(
        list_of(many_tastes, []), genre
    )


def test_more_dislikes_never_bring_more_of_the_same(many_tastes: Recommender):
    loved, hated = first_of(0), first_of(6, 12)

    found = list_of(many_tastes, [(item, 5.0) for item in loved] + [(item, 1.0) for item in hated])

    assert of_genre(found, 6) == 0
    assert of_genre(found, 0) >= 5


def test_equal_seeds_give_equal_models(two_tastes: Dataset):
    preset = with_options(QUICK_PRESETS["default"], least_updates=20)

    first, second = (fit_model(two_tastes, preset, seed=4).relevance for _ in range(2))

    assert first is not None
    assert second is not None
    for name, tensor in first.tensors().items():
        np.testing.assert_array_equal(tensor, second.tensors()[name], err_msg=name)
