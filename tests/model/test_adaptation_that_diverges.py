"""Whatever the local update does, what is served is finite and sensible; for every preset."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from model.catalogue.live import ItemChange
from model.presets import Preset
from model.recommender import Recommender
from tests.diverging import write_diverging

EVERY = np.arange(60)
SUPPORT = [(0, 5.0), (31, 1.0), (7, 4.0)]
LOW, HIGH = 1.0, 5.0


@pytest.fixture(params=[1e9, 1e37])
def diverged(bundle: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Recommender:
    """Of steps that are far too long: weights explode, or are no longer finite."""
    return Recommender.load(write_diverging(bundle, tmp_path / "model", request.param))


@pytest.fixture(scope="module")
def crowded(recommender: Recommender) -> Recommender:
    """With 500 more items that are all the same comedy."""
    (record,) = recommender.catalogue.records([3])
    return recommender.with_changes(
        [ItemChange(f"same {n}", record.title, record.attributes) for n in range(500)]
    )


def test_theta_answers_instead(diverged: Recommender):
    user = diverged.adapt({"age": 30}, SUPPORT)

    assert (user.diverged, user.local_steps, user.support_size) == (True, 0, 0)
    prior = diverged.adapt({"age": 30}, [])
    assert not prior.diverged
    np.testing.assert_array_equal(diverged.score(user), diverged.score(prior))
    assert np.isfinite(diverged.evidence(user).score).all()


def test_reasons_stay_finite(diverged: Recommender):
    scores = diverged.leave_one_out({}, SUPPORT, 100, EVERY)

    assert scores.shape == (4, 60)
    assert np.isfinite(scores).all()


def test_a_step_that_overshoots_is_not_served(bundle: Path, tmp_path: Path, preset: Preset):
    """Weights stay finite, but love is taken for hate."""
    factor = {"melu": 4, "default": 3000}[preset.name]
    far = Recommender.load(write_diverging(bundle, tmp_path / "model", factor))
    assert far.adapt({}, [(0, HIGH)] * 60).diverged


def test_a_rating_that_is_no_number_is_not_learnt_from(recommender: Recommender):
    user = recommender.adapt({}, [(0, HIGH), (1, np.nan)])

    assert user.diverged
    assert np.isfinite(recommender.score(user)).all()


def test_what_adapts_well_is_left_alone(recommender: Recommender):
    for seed in range(100):
        random = np.random.default_rng(seed)
        items = random.choice(60, 1 + seed % 40, replace=False)
        support = [(int(item), float(random.integers(1, 6))) for item in items]
        user = recommender.adapt({}, support)
        assert not user.diverged
        assert user.support_size == len(support)


@pytest.mark.parametrize("rating", [LOW, HIGH])
@pytest.mark.parametrize("count", [1, 5, 100, 500])
def test_equal_items_rated_equally(crowded: Recommender, preset: Preset, rating: float, count: int):
    support = [(60 + item, rating) for item in range(count)]

    scores = scores_of(crowded, support)

    same, horror = scores[60:], scores[30:60]
    np.testing.assert_allclose(same, same[0], atol=1e-3)
    # Steps of the preset `melu` overshoot where very many ratings say the same.
    if preset.name == "default" or count < 100:
        assert abs(same[0] - rating) < 1
        assert (same[0] > horror.mean()) == (rating == HIGH)


def test_one_content_rated_in_contradiction(crowded: Recommender):
    support = [(60 + item, LOW if item % 2 else HIGH) for item in range(500)]

    scores = scores_of(crowded, support)

    assert scores[60] == pytest.approx((LOW + HIGH) / 2, abs=0.7)


@pytest.mark.parametrize("rating", [LOW, HIGH])
def test_everything_rated_at_one_end_of_the_scale(recommender: Recommender, rating: float):
    scores = scores_of(recommender, [(item, rating) for item in range(60)])

    prior = recommender.score(recommender.adapt({}, []))
    assert np.abs(scores - rating).mean() < np.abs(prior - rating).mean() - 0.2


def scores_of(recommender: Recommender, support: Sequence[tuple[int, float]]) -> np.ndarray:
    """Adapt and score: finite, and on the support set no worse than before."""
    user, nobody = recommender.adapt({}, support), recommender.adapt({}, [])
    items, ratings = np.array(support).T
    scores, before = recommender.score(user), recommender.score(nobody)
    assert np.isfinite(scores).all()
    assert np.isfinite(recommender.evidence(user).score).all()
    assert np.isfinite(recommender.leave_one_out({}, support[:50], 100, EVERY)).all()
    error = ((scores[items.astype(int)] - ratings) ** 2).mean()
    untaught = ((before[items.astype(int)] - ratings) ** 2).mean()
    assert error <= max(untaught, (HIGH - LOW) ** 2 / 2)
    return scores
