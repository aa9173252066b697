"""A share of the places for items that the model is unsure about."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.bundle.bundle import load_bundle
from model.exploration import drawn_best, places_to_explore, with_explored
from model.relevance.serving.uncertainty import uncertainty


@pytest.mark.parametrize("share", [0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1])
def test_every_head_of_a_list_has_its_share_of_explored_places(share: float):
    places = places_to_explore(40, share)

    for length in range(1, 41):
        assert (places < length).sum() == int(length * share + 1e-9)


def test_explored_items_take_their_places_and_stand_nowhere_else():
    index = np.arange(10, 20)
    explored = np.array([15, 99])

    mixed, marked = with_explored(index, explored, 0.2)

    assert mixed.tolist() == [10, 11, 12, 13, 15, 14, 16, 17, 18, 99]
    assert np.flatnonzero(marked).tolist() == [4, 9]


def test_nothing_to_explore_leaves_the_list():
    index = np.arange(5)

    mixed, marked = with_explored(index, np.empty(0, dtype=np.int64), 1.0)

    assert mixed.tolist() == index.tolist()
    assert not marked.any()


def test_what_is_sure_is_drawn_as_it_is_and_what_is_not_by_chance():
    chance = np.zeros(200, dtype=np.float32)
    chance[0] = 1.0
    unsure = np.full(200, 2.0, dtype=np.float32)

    assert drawn_best(chance, 0 * unsure, 1, seed=1).tolist() == [0]
    first = [int(drawn_best(chance, unsure, 1, seed)[0]) for seed in range(50)]
    assert len(set(first)) > 20
    assert first == [int(drawn_best(chance, unsure, 1, seed)[0]) for seed in range(50)]


def test_new_items_are_less_sure_than_those_with_many_ratings(bundle_of: Callable[[str], Path]):
    model = load_bundle(bundle_of("default")).relevance
    assert model is not None
    ratings = model.learnt.table.ratings

    unsure = uncertainty(model)

    order = np.argsort(ratings)
    assert (np.diff(unsure[order]) <= 0).all()
    assert 0 < unsure.max() <= model.learnt.content_error
