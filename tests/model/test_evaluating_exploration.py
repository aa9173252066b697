"""In a world in which only ratings tell what an item is, new items have to be seen to be known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data import Dataset, load_dataset
from model.errors import DatasetError
from model.evaluation.exploration import (
    ExplorationEvaluation,
    ExplorationPlan,
    evaluate_exploration,
)
from model.evaluation.exploration.results import AMONG_NEW, ERROR, MEANWHILE
from model.evaluation.exploration.simulation import Shop, item_changes, simulate
from model.evaluation.exploration.world import World, draw_world
from model.evaluation.lists.metrics import LIST_LENGTH
from model.presets import Preset, with_options
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle
from tests.worlds import USERS_IN_TIME, write_hidden_tastes

pytestmark = pytest.mark.slow

SEED = 3
PLAN = ExplorationPlan(slices=4, visits=4)
FIRST_VISITOR, FIRST_JUDGED = round(0.4 * USERS_IN_TIME), round(0.8 * USERS_IN_TIME)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load_dataset(write_hidden_tastes(tmp_path_factory.mktemp("hidden-tastes")))


@pytest.fixture(scope="module")
def preset() -> Preset:
    return with_options(QUICK_PRESETS["default"], answer_passes=0)


@pytest.fixture(scope="module")
def world(dataset: Dataset) -> World:
    return draw_world(dataset, PLAN, SEED)


@pytest.fixture(scope="module")
def recommender(
    dataset: Dataset, world: World, preset: Preset, tmp_path_factory: pytest.TempPathFactory
) -> Recommender:
    """Of a bundle that knows no new item."""
    known = replace(dataset, ratings=dataset.ratings.where(world.history))
    folder = tmp_path_factory.mktemp("known") / "model"
    train_bundle(known.of_items(np.flatnonzero(~world.is_new)), preset, folder)
    return Recommender.load(folder)


def ratings_of(dataset: Dataset, user: int) -> dict[int, float]:
    rated = dataset.ratings.of_users(np.array([user]))
    return dict(zip(rated.item_index.tolist(), rated.rating.tolist(), strict=True))


def test_of_items_keeps_who_rated_which_of_them(dataset: Dataset):
    chosen = np.array([3, 70, 200])

    found = dataset.of_items(chosen)

    assert found.item_ids == [dataset.item_ids[one] for one in chosen]
    assert found.titles == [dataset.titles[one] for one in chosen]
    assert found.item_features.rows() == [dataset.item_features.row(one) for one in chosen]
    for place, item in enumerate(chosen.tolist()):
        before = dataset.ratings.where(dataset.ratings.item_index == item)
        now = found.ratings.where(found.ratings.item_index == place)
        assert now.user_index.tolist() == before.user_index.tolist()
        assert now.rating.tolist() == before.rating.tolist()
    assert len(found.ratings) == np.isin(dataset.ratings.item_index, chosen).sum()


def test_the_beginning_knows_no_new_item_and_nobody_who_comes_later(dataset: Dataset, world: World):
    known = dataset.ratings.where(world.history)

    assert world.is_new.sum() == 24
    assert not world.is_new[known.item_index].any()
    assert {dataset.user_ids[one] for one in np.unique(known.user_index)} == {
        f"u{user}" for user in range(FIRST_VISITOR)
    }
    arriving = np.concatenate(world.arrivals)
    assert np.sort(arriving).tolist() == np.flatnonzero(world.is_new).tolist()
    assert [len(part) for part in world.arrivals] == [12, 12, 0, 0]


def test_visitors_come_in_time_and_answer_what_was_known(dataset: Dataset, world: World):
    visitors = [one for part in world.visitors for one in part]
    came = [int(dataset.user_ids[one.user][1:]) for one in visitors]

    assert came == list(range(FIRST_VISITOR, FIRST_JUDGED))
    for one in visitors:
        assert len(one.given) == PLAN.visits
        assert not world.is_new[[item for item, _ in one.given]].any()
        assert dict(one.given) | dict(one.rated) == ratings_of(dataset, one.user)


def test_who_comes_later_is_judged_by_what_that_user_likes(dataset: Dataset, world: World):
    assert world.judged
    for one in world.judged:
        user, stars = one.among_new.user, ratings_of(dataset, one.among_new.user)
        assert int(dataset.user_ids[user][1:]) >= FIRST_JUDGED
        given = {item for item, _ in one.among_new.given}
        liked = {item for item, rating in stars.items() if rating >= 4} - given
        assert set(one.among_all.targets.tolist()) == liked
        assert set(one.among_new.targets.tolist()) == {i for i in liked if world.is_new[i]}
        assert {int(i): float(r) for i, r in zip(one.new_items, one.new_ratings, strict=True)} == {
            item: rating for item, rating in stars.items() if world.is_new[item]
        }


def test_explored_0_is_the_plain_list(dataset: Dataset, world: World, recommender: Recommender):
    names, new = recommender.catalogue.attribute_names, np.flatnonzero(world.is_new)
    before = Shop(dataset, recommender)
    assert before.has.tolist() == (~world.is_new).tolist()
    recommender = recommender.with_changes(item_changes(dataset, new, names))
    shop, without = Shop(dataset, recommender), np.flatnonzero(~world.is_new)[:2]
    assert shop.has.all()
    user = shop.adapt({}, dict.fromkeys(without.tolist(), 5.0))
    left_out = recommender.catalogue.indices_of(dataset.item_ids[one] for one in without)

    plain = recommender.rank(user, LIST_LENGTH, without=np.sort(left_out)).index
    listed, explored = shop.listed(user, 0.0, without, seed=1)
    mixed, marked = shop.listed(user, 0.4, without, seed=1)

    assert [dataset.item_ids[one] for one in listed] == recommender.catalogue.ids(plain)
    assert not explored.any()
    assert marked.sum() == 8
    assert world.is_new[mixed[marked]].all()
    rest = listed[~np.isin(listed, mixed[marked])]
    assert mixed[~marked].tolist() == rest[: LIST_LENGTH - 8].tolist()


def test_only_what_was_shown_and_is_rated_is_told(
    dataset: Dataset, world: World, recommender: Recommender
):
    courses = simulate(dataset, world, recommender, (0.0, 1.0), lambda _user: {}, SEED)
    again = simulate(dataset, world, recommender, (0.0,), lambda _user: {}, SEED)

    visitors = {one.user: one for part in world.visitors for one in part}
    for share, course in courses.items():
        assert course.impressions.sum() == len(visitors) * PLAN.visits * LIST_LENGTH
        assert (course.explored <= course.impressions).all()
        assert not course.explored[~world.is_new].any()
        assert course.explored.any() == (share > 0)
        for (user, item), rating in course.told.items():
            assert world.is_new[item]
            assert course.impressions[item]
            assert visitors[user].rated[item] == rating
    # All courses are apart: without exploring the same happens whoever explores beside it.
    assert again[0.0].impressions.tolist() == courses[0.0].impressions.tolist()
    assert again[0.0].ndcg == courses[0.0].ndcg


@pytest.fixture(scope="module")
def evaluation(dataset: Dataset, preset: Preset) -> ExplorationEvaluation:
    return evaluate_exploration(dataset.liked_only(), preset, [0], [0.4], plan=PLAN)


def test_new_items_are_seen(evaluation: ExplorationEvaluation):
    none, some = evaluation.outcomes[0.0], evaluation.outcomes[0.4]

    places = len(evaluation.visitors) * PLAN.visits * LIST_LENGTH
    assert none.explored_places == [0]
    assert 0.3 * places < some.explored_places[0] <= 0.4 * places
    assert some.impressions[0].sum() > 4 * none.impressions[0].sum()
    assert none.shown(50) < evaluation.new_items / 2
    assert some.shown(50) == evaluation.new_items
    assert some.ratings[0].sum() > 2 * none.ratings[0].sum()


def test_lists_pay_for_it_and_new_items_are_known_later(evaluation: ExplorationEvaluation):
    cost, gain = (evaluation.difference(0.4, metric) for metric in (MEANWHILE, AMONG_NEW))

    assert cost.mean < -2 * cost.standard_error
    assert gain.mean > 2 * gain.standard_error
    # Data of likes alone predict no ratings that could be wrong.
    assert ERROR not in evaluation.metrics


def test_predicted_ratings_of_new_items_are_better_later(dataset: Dataset, preset: Preset):
    evaluation = evaluate_exploration(dataset, preset, [0], [1.0], plan=PLAN)

    error = evaluation.difference(1.0, ERROR)
    assert error.mean < -2 * error.standard_error


def test_data_without_times_are_refused_with_the_remedy(dataset: Dataset):
    without = replace(dataset, ratings=replace(dataset.ratings, at=None))

    with pytest.raises(DatasetError, match="`timestamp`"):
        draw_world(without, PLAN, SEED)


def test_data_of_too_few_users_are_refused(dataset: Dataset):
    few = replace(dataset, ratings=dataset.ratings.of_users(np.arange(20)))

    with pytest.raises(DatasetError, match="too sparse to tell what exploring brings"):
        draw_world(few, PLAN, SEED)


def test_a_preset_that_knows_no_relevance_explores_nothing(dataset: Dataset):
    with pytest.raises(DatasetError, match="nothing is explored"):
        evaluate_exploration(dataset, QUICK_PRESETS["melu"], [0], [0.4], plan=PLAN)


def test_the_draw_ignores_what_nobody_rated(dataset: Dataset, tmp_path: Path):
    """An item without any rating can't be liked later, so it does not count as new."""
    without = dataset.ratings.where(dataset.ratings.item_index >= 120)

    world = draw_world(replace(dataset, ratings=without), replace(PLAN, visits=1), SEED)

    assert not world.is_new[:120].any()
    assert world.is_new.sum() == 12
