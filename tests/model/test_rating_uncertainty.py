"""What a rating tells of others: hand-worked, and against a posterior computed anew."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.bundle.bundle import load_bundle
from model.rating_uncertainty import RatingUncertainty
from model.relevance.asking.screen import RatingsTold, choose_jointly


def of_vectors(
    covariance: np.ndarray, candidates: np.ndarray, predicted: np.ndarray, noise: float
) -> RatingUncertainty:
    """Uncertainties where users' weights have a covariance."""
    return RatingUncertainty(
        among=(candidates @ covariance @ candidates.T)[None],
        across=(candidates @ covariance @ predicted.T)[None],
        variance=np.einsum("td,de,te->t", predicted, covariance, predicted)[None],
        noise=np.full((1, len(candidates)), noise),
    )


def test_what_is_told_is_the_fall_of_standard_deviations():
    # Of unit variances: a rating with noise 1/3 takes 3/4 off what lies along it, so that the
    # standard deviation falls from 1 to 1/2, and nothing off what lies across.
    candidates = np.eye(2)
    predicted = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    unsure = of_vectors(np.eye(2), candidates, predicted, 1 / 3)

    np.testing.assert_allclose(unsure.told(np.ones(3)), [0.5 / 3, 1.0 / 3])
    np.testing.assert_allclose(unsure.told(np.array([2.0, 1, 0])), [1 / 3, 0.5 / 3])


def test_after_a_rating_they_are_those_of_the_posterior():
    random = np.random.default_rng(0)
    root = random.normal(size=(4, 4))
    covariance = root @ root.T
    candidates, predicted = random.normal(size=(5, 4)), random.normal(size=(7, 4))

    found = of_vectors(covariance, candidates, predicted, 0.5).after(2, 1.0)

    asked = candidates[2]
    posterior = np.linalg.inv(np.linalg.inv(covariance) + np.outer(asked, asked) / 0.5)
    expected = of_vectors(posterior, candidates, predicted, 0.5)
    np.testing.assert_allclose(found.among, expected.among, atol=1e-9)
    np.testing.assert_allclose(found.across, expected.across, atol=1e-9)
    np.testing.assert_allclose(found.variance, expected.variance, atol=1e-9)


def test_what_is_unknown_for_sure_tells_nothing():
    unsure = of_vectors(np.eye(3), np.eye(3), np.eye(3), 0.1)

    np.testing.assert_array_equal(unsure.after(1, 0.0).told(np.ones(3)), unsure.told(np.ones(3)))


def test_of_equal_gains_the_one_is_asked_that_tells_most_of_ratings():
    candidates = np.array([[0.3, 0.0], [1.0, 0.0], [0.99, 0.0], [0.0, 0.6]])
    unsure = of_vectors(np.eye(2), candidates, np.eye(2), 0.01)
    known, nothing = np.ones(4, dtype=np.float32), np.zeros((4, 1, 2), dtype=np.float32)
    nothing[:] = np.finfo(np.float32).tiny

    chosen, _ = choose_jointly(np.ones(4), nothing, 2, RatingsTold(unsure, known, np.ones(2)))
    unknown = np.array([1, 0.01, 0.01, 0.01], dtype=np.float32)
    familiar, _ = choose_jointly(np.ones(4), nothing, 1, RatingsTold(unsure, unknown, np.ones(2)))

    # After the second the third has nothing left to tell; who does not know it can't tell it.
    assert chosen.tolist() == [1, 3]
    assert familiar.tolist() == [0]


@pytest.mark.slow
def test_ratings_get_surer_as_the_model_says(bundle_of: Callable[[str], Path]):
    estimator = load_bundle(bundle_of("default")).rating
    assert estimator is not None
    items = np.arange(20)
    given = [(3, 5.0), (8, 2.0), (12, 4.0)]

    before = estimator.items.rating_uncertainty(
        estimator.adapt(estimator.user_space.slots({}), given), items, items
    )

    assert before is not None
    told = before.told(np.ones(20))
    assert (told > 0).all()
    # What was rated once has less left to tell than before that.
    fresh = estimator.items.rating_uncertainty(
        estimator.adapt(estimator.user_space.slots({}), []), items, items
    )
    assert fresh is not None
    assert (before.variance <= fresh.variance + 1e-9).all()
    assert (told < fresh.told(np.ones(20)))[[3, 8, 12]].all()
    # The same standard deviations that MeLU's score goes by.
    deviations = estimator.items.discrimination(
        estimator.adapt(estimator.user_space.slots({}), given)
    )[items]
    np.testing.assert_allclose(np.sqrt(before.variance).mean(0), deviations, rtol=1e-3)
