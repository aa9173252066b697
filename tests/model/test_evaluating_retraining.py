"""Measured over time: who retrains knows what came later, and nobody knows the users to come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.data import Dataset
from model.data.dataset import Ratings
from model.errors import DatasetError
from model.evaluation.retraining import ANEW, FROZEN, ON, evaluate_retraining
from model.presets import Preset, with_options
from tests.conftest import QUICK_PRESETS

ITEMS, KNOWN_LATER, LIKES = 60, 100, 18
"""Films of each half, the user from whom on only the other half is watched, and how many."""


@pytest.fixture(scope="module")
def fashions(two_tastes: Dataset) -> Dataset:
    """Users come one by one; the first hundred like older films of their taste, others newer."""
    random = np.random.default_rng(0)
    rows = []
    for user in range(len(two_tastes.user_ids)):
        taste = np.arange(30) + 30 * (user % 2) + ITEMS * (user >= KNOWN_LATER)
        rows += [(user, item) for item in random.choice(taste, LIKES, replace=False)]
    users, items = np.array(rows).T
    ones = np.ones(len(users), dtype=np.float32)
    return replace(
        two_tastes.liked_only(),
        item_ids=[*two_tastes.item_ids, *(f"new {one}" for one in two_tastes.item_ids)],
        titles=[*two_tastes.titles, *two_tastes.titles],
        item_features=two_tastes.item_features.vstack(two_tastes.item_features),
        ratings=Ratings(users, items, ones, users.astype(np.float64)),
    )


@pytest.fixture(scope="module")
def preset() -> Preset:
    return with_options(QUICK_PRESETS["default"], least_updates=60, answer_passes=0)


def test_who_retrains_keeps_up_with_what_is_new(fashions: Dataset, preset: Preset):
    found = evaluate_retraining(fashions, preset, slices=2, history=KNOWN_LATER / 160, seed=0)

    first, second = found.slices
    assert (first.begins_at, second.begins_at) == (KNOWN_LATER, 130)
    assert (first.ratings, second.ratings) == (LIKES * KNOWN_LATER, LIKES * 130)
    assert first.users == second.users == 30
    for model in (ANEW, ON):
        assert np.array_equal(first.of(FROZEN, [5]), first.of(model, [5]))
        gained = found.difference(model, [second])
        assert gained.mean > 2 * gained.standard_error


def test_data_without_times_are_refused_with_the_remedy(fashions: Dataset, preset: Preset):
    without = replace(fashions, ratings=replace(fashions.ratings, at=None))

    with pytest.raises(DatasetError, match="`timestamp`"):
        evaluate_retraining(without, preset, slices=2, history=0.5, seed=0)
