"""80 % of the likes of users whom nobody learnt from are given, and 20 % asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.data import Dataset, load_dataset
from model.errors import DatasetError
from model.evaluation.lists import (
    SERVED,
    StrongGeneralisation,
    evaluate_strong_generalisation,
)
from model.evaluation.lists.metrics import ndcg_at, recall_at
from model.evaluation.lists.protocol import ListTrial, split_users
from model.evaluation.lists.strong_generalisation import METRICS, draw_strong_trials, measure
from model.presets import with_options
from tests.conftest import QUICK_PRESETS
from tests.worlds import ITEMS_OF_A_TASTE, write_hidden_tastes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load_dataset(write_hidden_tastes(tmp_path_factory.mktemp("hidden-tastes")))


def asked_for(*targets: int) -> list[ListTrial]:
    return [ListTrial(0, (), np.array(targets), np.empty(0, dtype=np.int64))]


def test_three_targets_on_places_1_and_30_and_not_at_all():
    found = measure(np.arange(100)[None], asked_for(0, 29, 200))

    assert found["recall@20"].tolist() == pytest.approx([1 / 3])
    assert found["recall@50"].tolist() == pytest.approx([2 / 3])
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert found["ndcg@100"].tolist() == pytest.approx([(1 + 1 / np.log2(31)) / ideal])


def test_more_targets_than_places_can_all_be_found():
    lists, trials = np.arange(100)[None], asked_for(*range(30))

    assert recall_at(lists, trials, 20).tolist() == [1]
    assert recall_at(lists, trials, 50).tolist() == [1]
    assert ndcg_at(lists, trials, 20).tolist() == pytest.approx([1])


def test_four_of_five_likes_are_given_and_no_other_answer(dataset: Dataset):
    users = np.arange(40)
    # The first user has five likes left, the second four.
    likes = np.flatnonzero((dataset.ratings.user_index == 0) & (dataset.ratings.rating >= 4))
    fewer = np.flatnonzero((dataset.ratings.user_index == 1) & (dataset.ratings.rating >= 4))
    kept = ~np.isin(np.arange(len(dataset.ratings)), [*likes[5:], *fewer[4:]])
    ratings = dataset.ratings.where(kept)

    trials = draw_strong_trials(dataset, ratings, users, seed=0)

    assert [one.user for one in trials] == [0, *range(2, 40)]
    assert [len(one.given) for one in trials] == [4] + [32] * 38
    for one in trials:
        rated = ratings.of_users(np.array([one.user]))
        stars = dict(zip(rated.item_index.tolist(), rated.rating.tolist(), strict=True))
        given = dict(one.given)
        assert all(stars[item] == rating >= 4 for item, rating in given.items())
        assert set(one.targets.tolist()) == {i for i, r in stars.items() if r >= 4} - set(given)


@pytest.fixture(scope="module")
def evaluation(dataset: Dataset) -> StrongGeneralisation:
    preset = with_options(QUICK_PRESETS["default"], answer_passes=0)
    names = ["popularity", "item_knn", "ease"]
    return evaluate_strong_generalisation(dataset.liked_only(), preset, [0], baselines=names)


def test_a_taste_that_is_told_by_32_likes_fills_the_list(evaluation: StrongGeneralisation):
    """28 items of a user's taste are left and 8 of them asked for: all are among the first 28."""
    likely = 20 / (ITEMS_OF_A_TASTE - 32)
    for model in (SERVED, "item_knn", "ease"):
        assert evaluation.estimate(model, "recall@50").mean > 0.95
        by_20 = evaluation.estimate(model, "recall@20")
        assert abs(by_20.mean - likely) < 4 * by_20.standard_error
    for metric in METRICS:
        gained = evaluation.difference(SERVED, "popularity", metric)
        assert gained.mean > 5 * gained.standard_error
        assert evaluation.best_baseline(metric) in {"item_knn", "ease"}


def test_baselines_are_tuned_and_new_users_alone_are_asked(
    dataset: Dataset, evaluation: StrongGeneralisation
):
    _, new = split_users(dataset.liked_only().ratings, seed=0)

    assert evaluation.users == new.tolist()
    assert evaluation.baselines == ("popularity", "item_knn", "ease")
    (settings,) = evaluation.settings
    assert settings["popularity"] == {}
    assert settings["item_knn"]["shrinkage"] > 0
    assert settings["ease"]["ridge"] > 0


def test_too_few_items_for_a_list_of_100_are_told(two_tastes: Dataset):
    with pytest.raises(DatasetError, match="lists of 100 can't be made of 60 items"):
        draw_strong_trials(two_tastes, two_tastes.ratings, np.arange(160), seed=0)


def test_too_few_users_with_likes_are_told(dataset: Dataset):
    few = dataset.ratings.of_users(np.arange(19))

    with pytest.raises(DatasetError, match="only 19 of the users have 5 likes"):
        draw_strong_trials(replace(dataset, ratings=few), few, np.arange(19), seed=0)
