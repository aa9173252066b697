"""All baselines together: their settings, and scales other than 1 to 5."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from model.baselines import BASELINES, Baselines
from model.episodes import Episodes, RatingsByUser, draw_test_episodes
from tests.model.planted import USERS, World, planted_world

OLD_USERS, NEW_USERS = np.arange(240), np.arange(240, USERS)


def _fit(world: World) -> Baselines:
    return Baselines.fit(world.dataset, world.dataset.ratings.of_users(OLD_USERS))


def _episodes(world: World) -> Episodes:
    return draw_test_episodes(
        RatingsByUser(world.dataset.ratings, USERS),
        NEW_USERS,
        query_size=10,
        support_limit=90,
        random=np.random.default_rng(0),
    )


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return _fit(planted_world())


def test_every_baseline_predicts_every_query_place(baselines: Baselines):
    predicted = baselines.predict(_episodes(planted_world()))
    assert predicted.keys() == BASELINES.keys()
    for values in predicted.values():
        assert values.shape == (len(NEW_USERS), 10)
        assert values.isfinite().all()


def test_settings_do_not_depend_on_users_that_are_not_trained_on(baselines: Baselines):
    world = planted_world()
    ratings = world.dataset.ratings
    spoilt = replace(ratings, rating=np.where(ratings.user_index < 240, ratings.rating, 1.0))
    other = Baselines.fit(
        replace(world.dataset, ratings=replace(spoilt, rating=spoilt.rating.astype("f4"))),
        ratings.of_users(OLD_USERS),
    )
    assert other.settings == baselines.settings


@pytest.mark.parametrize("scale", [(0, 100), (-10, 10), (0.5, 5)])
def test_a_scale_is_only_a_matter_of_units(baselines: Baselines, scale: tuple[float, float]):
    plain, stretched = planted_world(), planted_world(scale=scale)
    low, high = scale
    found = _fit(stretched)
    assert found.settings == baselines.settings
    expected = baselines.predict(_episodes(plain))
    for name, values in found.predict(_episodes(stretched)).items():
        unit = 1 + (values - low) * 4 / (high - low)
        torch.testing.assert_close(unit, expected[name], atol=5e-3, rtol=0)


def test_few_users_leave_nothing_to_choose_by():
    world = planted_world()
    baselines = Baselines.fit(world.dataset, world.dataset.ratings.of_users(np.arange(30)))
    assert baselines.settings == {name: dict(fits[0].keywords) for name, fits in BASELINES.items()}


def test_items_without_content_and_items_without_ratings_are_no_obstacle():
    world = planted_world()
    bare = replace(world.dataset, item_features=pl.DataFrame())
    ratings = bare.ratings.of_users(OLD_USERS)
    baselines = Baselines.fit(bare, ratings.where(ratings.item_index > 20))
    predicted = baselines.predict(_episodes(world))

    assert predicted.keys() == set(BASELINES)
    assert all(values.isfinite().all() for values in predicted.values())
