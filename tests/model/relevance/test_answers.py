"""What an answer says of choice, and that all of it is read alike in training and in service."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.answers import Answer, Kind, answers, kind_of_rating, rated
from model.bundle.bundle import load_bundle
from model.recommender import Recommender
from model.relevance import RelevanceModel


@pytest.fixture(scope="module")
def relevance(bundle_of: Callable[[str], Path]) -> RelevanceModel:
    model = load_bundle(bundle_of("default")).relevance
    assert model is not None
    return model


@pytest.fixture(scope="module")
def default(bundle_of: Callable[[str], Path]) -> Recommender:
    return Recommender.load(bundle_of("default"))


def unseen(*items: int) -> list[Answer]:
    return [Answer(item, None, Kind.UNSEEN) for item in items]


@pytest.mark.parametrize(
    ("rating", "kind"),
    [(5, Kind.LIKED), (4, Kind.LIKED), (3.9, Kind.RATED), (2.1, Kind.RATED), (2, Kind.DISLIKED)],
)
def test_what_a_rating_says_follows_from_its_place(rating: float, kind: Kind):
    assert kind_of_rating(rating, (1, 5)) is kind


def test_pairs_and_answers_are_read_alike():
    given = [(3, 5.0), Answer(4, None, Kind.UNSEEN), Answer(5, 1.0, Kind.DISLIKED, 2.0)]

    assert answers(given, (1, 5))[0] == Answer(3, 5.0, Kind.LIKED)
    assert answers(given, (1, 5))[1:] == given[1:]
    assert rated(given) == [(3, 5.0), (5, 1.0)]


def test_what_is_unseen_moves_chances_and_no_predicted_rating(default: Recommender):
    known = default.adapt({}, [(0, 5.0)])

    asked = default.adapt({}, [(0, 5.0), *unseen(2, 4)])

    assert asked.support_size == known.support_size == 1
    np.testing.assert_array_equal(default.score(asked), default.score(known))
    assert known.relevance is not None
    assert asked.relevance is not None
    assert not np.array_equal(known.relevance.weights, asked.relevance.weights)


def test_what_is_unseen_alone_adapts(default: Recommender):
    asked = default.adapt({}, unseen(3))

    assert asked.local_steps >= 1
    assert asked.support_size == 0
    assert not asked.diverged


def test_the_order_of_answers_does_not_matter(relevance: RelevanceModel):
    given = [(0, 5.0), *unseen(2, 4), (7, 1.0)]
    one = relevance.adapted_to(given)
    other = relevance.adapted_to(given[::-1])
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)


def test_an_answer_of_weight_two_counts_as_two(relevance: RelevanceModel):
    twice = relevance.adapted_to([Answer(0, 5.0, Kind.LIKED), Answer(0, 5.0, Kind.LIKED)])
    heavy = relevance.adapted_to([Answer(0, 5.0, Kind.LIKED, 2.0)])
    once = relevance.adapted_to([Answer(0, 5.0, Kind.LIKED)])

    np.testing.assert_allclose(heavy.weights, twice.weights, atol=1e-6)
    assert not np.allclose(heavy.weights, once.weights, atol=1e-3)
    assert heavy.support_size == 1


def test_a_like_that_is_no_rating_moves_chances_alone(default: Recommender):
    liked = default.adapt({}, [Answer(0, None, Kind.LIKED)])
    rating = default.adapt({}, [(0, 5.0)])
    nobody = default.adapt({}, [])

    assert liked.relevance is not None
    assert rating.relevance is not None
    np.testing.assert_array_equal(liked.relevance.weights, rating.relevance.weights)
    np.testing.assert_array_equal(default.score(liked), default.score(nobody))
