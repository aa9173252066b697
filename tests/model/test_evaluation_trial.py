"""What a trial may learn from never holds what it is judged by."""

from dataclasses import replace

import numpy as np
import pytest

from model.data import Dataset
from model.data.dataset import Ratings
from model.episodes import Episodes, PaddedRatings
from model.errors import DatasetError
from model.evaluation import STATES, ColdSplit, Regime, draw_trial, random_split
from tests.model.planted import ITEMS, USERS, planted_world

Pairs = set[tuple[int, int]]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted_world(share=0.8).dataset


@pytest.fixture(scope="module")
def split(dataset: Dataset) -> ColdSplit:
    return random_split(dataset, np.random.default_rng(3))


def _pairs(users: np.ndarray, padded: PaddedRatings) -> Pairs:
    real = padded.mask.numpy() > 0
    return {
        (int(user), int(item))
        for user, items, kept in zip(users, padded.item_index, real, strict=True)
        for item in items[kept]
    }


def _training_pairs(ratings: Ratings) -> Pairs:
    return set(zip(ratings.user_index.tolist(), ratings.item_index.tolist(), strict=True))


def _queries(episodes: Episodes) -> Pairs:
    return _pairs(episodes.user_index, episodes.query_set)


@pytest.mark.parametrize("regime", ["T", "A"])
def test_nothing_leaks(dataset: Dataset, split: ColdSplit, regime: Regime):
    trial = draw_trial(dataset, split, regime, 0)
    assert tuple(trial.episodes) == STATES
    training = _training_pairs(trial.training)
    for episodes in trial.episodes.values():
        assert not training & _queries(episodes)
        assert not _queries(episodes) & _pairs(episodes.user_index, episodes.support_set)
    assert not split.cold_users[trial.training.user_index].any()
    assert not split.cold_items[trial.training.item_index].any()


@pytest.mark.parametrize("regime", ["T", "A"])
def test_episodes_are_of_their_state(dataset: Dataset, split: ColdSplit, regime: Regime):
    trial = draw_trial(dataset, split, regime, 0)
    assert len(trial.episodes) == 4
    for state, episodes in trial.episodes.items():
        given = _pairs(episodes.user_index, episodes.support_set)
        for user, item in _queries(episodes) | given:
            assert split.cold_users[user] == (state in ("user_cold", "user_and_item_cold"))
            assert split.cold_items[item] == (state in ("item_cold", "user_and_item_cold"))
        sizes = episodes.support_set.mask.sum(-1)
        assert episodes.query_set.item_index.shape[1] == 10
        assert 3 <= sizes.min() <= sizes.max() <= 90
        assert episodes.support_in_training == (state == "warm")
        assert len(set(episodes.user_index.tolist())) == len(episodes.user_index)


def test_t_is_the_warm_support_sets_and_a_part_of_a(dataset: Dataset, split: ColdSplit):
    small, large = draw_trial(dataset, split, "T", 0), draw_trial(dataset, split, "A", 0)
    warm = small.episodes["warm"]
    assert _training_pairs(small.training) == _pairs(warm.user_index, warm.support_set)
    assert _training_pairs(small.training) <= _training_pairs(large.training)
    ratings = dataset.ratings
    warm_ratings = ratings.where(split.state(ratings, "warm"))
    assert _training_pairs(large.training) == _training_pairs(warm_ratings) - _queries(warm)


def test_the_episodes_are_the_same_in_both_regimes_and_follow_from_the_seed(
    dataset: Dataset, split: ColdSplit
):
    first, second = draw_trial(dataset, split, "T", 0), draw_trial(dataset, split, "A", 0)
    other = draw_trial(dataset, split, "A", 1)
    for state in STATES:
        assert _queries(first.episodes[state]) == _queries(second.episodes[state])
        assert _queries(first.episodes[state]) != _queries(other.episodes[state])


def test_a_user_with_more_than_100_ratings_is_learnt_from_but_not_judged(dataset: Dataset):
    nobody = ColdSplit(np.zeros(USERS, dtype=bool), np.zeros(ITEMS, dtype=bool))
    # Ten thousand items, so that a user may have rated 150 of them.
    items = [f"i{i}" for i in range(10_000)]
    busy = Ratings(np.zeros(150, int), np.arange(200, 350), np.full(150, 3.0, "f4"))
    own = dataset.ratings
    kept = own.where(own.user_index > 0)
    both = Ratings(
        np.concatenate([kept.user_index, busy.user_index]),
        np.concatenate([kept.item_index, busy.item_index]),
        np.concatenate([kept.rating, busy.rating]),
    )
    large = replace(dataset, ratings=both, item_ids=items)
    split = ColdSplit(nobody.cold_users, np.zeros(len(items), dtype=bool))
    trial = draw_trial(large, split, "A", 0)
    assert 0 not in trial.episodes["warm"].user_index
    assert 0 in trial.training.user_index
    assert 0 not in draw_trial(large, split, "T", 0).training.user_index


def test_states_with_too_few_episodes_are_left_out_and_named(dataset: Dataset):
    few = ColdSplit(np.arange(USERS) < 4, np.arange(ITEMS) < 5)
    trial = draw_trial(dataset, few, "A", 0)
    assert tuple(trial.episodes) == ("warm",)
    assert trial.too_few == {"user_cold": 4, "item_cold": 0, "user_and_item_cold": 0}


def test_a_data_set_without_a_single_state_is_refused(dataset: Dataset, split: ColdSplit):
    sparse = replace(dataset, ratings=dataset.ratings.where(dataset.ratings.item_index < 12))
    with pytest.raises(DatasetError, match="too sparse"):
        draw_trial(sparse, split, "A", 0)
