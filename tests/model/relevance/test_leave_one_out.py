"""Parts of a support set that are adapted to side by side, as each by itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from model.answers import Answer, Comparison, Kind, SupportSet, kind_of_rating
from model.arrays import Float32Array
from model.bundle.bundle import load_bundle
from model.orders import Order
from model.recommender import Recommender
from model.relevance import RelevanceModel
from model.relevance.serving.leave_one_out import adapt_to_parts

BESIDE: list[SupportSet] = [
    (),
    (Answer(4, None, Kind.UNSEEN), Answer(9, None, Kind.LIKED, 2.0)),
    (Answer(4, None, Kind.UNSEEN, asked=True), Answer(5, None, Kind.LIKED, asked=True)),
    (Comparison(((1,), (2,)), (1.0, 0.0)),),
]
ITEMS, LIMIT = 60, 7


@pytest.fixture(scope="module")
def folder(bundle_of: Callable[[str], Path]) -> Path:
    return bundle_of("default")


@pytest.fixture(scope="module")
def recommender(folder: Path) -> Recommender:
    return Recommender.load(folder)


@pytest.fixture(scope="module")
def relevance(folder: Path) -> RelevanceModel:
    model = load_bundle(folder).relevance
    assert model is not None
    return model


def a_user(seed: int, share_asked: float) -> list[Answer]:
    random = np.random.default_rng(seed)
    found = []
    for item in random.choice(np.arange(10, ITEMS), 1 + 2 * seed, replace=False).tolist():
        rating = float(random.integers(1, 6))
        is_asked = bool(random.random() < share_asked)
        weight = float(random.integers(1, 3))
        found.append(Answer(item, rating, kind_of_rating(rating, (1, 5)), weight, is_asked))
    return found


@pytest.mark.parametrize("share_asked", [0, 0.4, 1], ids=["named", "both", "asked"])
@pytest.mark.parametrize("beside", BESIDE, ids=["alone", "beside", "beside-asked", "compared"])
def test_each_part_is_adapted_to_as_by_itself(
    relevance: RelevanceModel, beside: SupportSet, share_asked: float
):
    slots = relevance.user_space.slots({"city": "Rome", "age": 30})
    compared = 0
    for seed in range(6):
        answers = a_user(seed, share_asked)
        kept = np.random.default_rng(seed).random((8, len(answers))) < 0.7
        kept[1:3] = [[True], [False]]

        found = adapt_to_parts(relevance, slots, answers, kept, beside)

        assert len(found) == len(kept)
        for user, row in zip(found, kept.tolist(), strict=True):
            part = [one for one, stays in zip(answers, row, strict=True) if stays]
            expected = relevance.adapt(slots, [*part, *beside])
            np.testing.assert_allclose(user.weights, expected.weights, atol=2e-5)
            assert user.log_total == pytest.approx(expected.log_total, abs=2e-5)
            assert (user.support_size, user.local_steps) == (
                expected.support_size,
                expected.local_steps,
            )
            compared += 1
    assert compared == 6 * 8


def relevances(recommender: Recommender, answers: SupportSet) -> Float32Array:
    """Rank for who gave these answers; return the relevance of every item."""
    user = recommender.adapt({"city": "Rome"}, answers)
    ranking = recommender.rank(user, ITEMS, order=Order.RELEVANCE)
    assert ranking.values.relevance is not None
    return ranking.values.relevance[np.argsort(ranking.index)]


def told(
    recommender: Recommender, *answers: SupportSet, next_asked: int | None = None
) -> Float32Array:
    every = np.arange(ITEMS)
    ratings, beside = answers
    return recommender.leave_one_out(
        {"city": "Rome"}, ratings, LIMIT, every, Order.RELEVANCE, beside, next_asked
    )


def without(answers: Sequence[Answer], out: int) -> list[Answer]:
    """Return the newest that are learnt from once one is left out."""
    return [*answers[:out], *answers[out + 1 : LIMIT + 1]]


def some_beside(seed: int, count: int, share_asked: float) -> list[Answer]:
    random = np.random.default_rng(seed)
    kinds = (Kind.LIKED, Kind.DISLIKED, Kind.UNSEEN)
    return [
        Answer(item, None, kinds[item % 3], 1.0 + item % 2, bool(random.random() < share_asked))
        for item in random.choice(10, count, replace=False).tolist()
    ]


@pytest.mark.parametrize("share_asked", [0, 0.5, 1], ids=["named", "both", "asked"])
@pytest.mark.parametrize(("ratings", "beside"), [(0, 1), (0, 6), (1, 3), (5, 4), (9, 9)])
@pytest.mark.parametrize("compared", [(), BESIDE[3]], ids=["alone", "compared"])
def test_reasons_of_a_list_by_relevance_are_what_leaving_out_does(
    recommender: Recommender, ratings: int, beside: int, share_asked: float, compared: SupportSet
):
    rated = a_user(5, share_asked)[:ratings]
    others = some_beside(ratings + beside, beside, share_asked)

    found = told(recommender, rated, [*others, *compared])

    parts = [[*rated[:LIMIT], *others[:LIMIT]]]
    parts += [[*without(rated, out), *others[:LIMIT]] for out in range(min(ratings, LIMIT))]
    parts += [[*rated[:LIMIT], *without(others, out)] for out in range(min(beside, LIMIT))]
    really = [relevances(recommender, [*part, *compared]) for part in parts]
    np.testing.assert_allclose(found, really, atol=1e-5)
    # What is told is told of every piece.
    assert (np.ptp(found[1:] - found[0], axis=1) > 1e-4).all()


def test_predicted_ratings_are_moved_by_ratings_alone(recommender: Recommender):
    rated, every = a_user(2, 0.5), np.arange(ITEMS)

    by_ratings = recommender.leave_one_out({}, rated, LIMIT, every)

    beside = some_beside(0, 4, 1)
    found = recommender.leave_one_out({}, rated, LIMIT, every, Order.RATING, beside)
    np.testing.assert_array_equal(found, by_ratings)
    assert len(found) == 1 + len(rated)


@pytest.mark.parametrize("is_rating", [False, True])
def test_beyond_the_most_that_were_asked_the_next_one_is_taken_for_asked(
    recommender: Recommender, is_rating: bool
):
    rated = [one._replace(asked=at < 2) for at, one in enumerate(a_user(2, 0))]
    others = [one._replace(asked=at < 3) for at, one in enumerate(some_beside(1, 5, 0))]
    if is_rating:
        rated[2] = rated[2]._replace(rating=5.0, kind=Kind.LIKED)
    next_one = rated[2] if is_rating else others[3]

    found = told(recommender, rated, others, next_asked=next_one.item)

    moved = []
    for row, out in enumerate([None, *rated, *others]):
        is_next = out is not None and out.asked
        part = [
            one._replace(asked=True) if one is next_one and is_next else one
            for one in [*rated, *others]
            if one is not out
        ]
        np.testing.assert_allclose(found[row], relevances(recommender, part), atol=1e-5)
        unasked = [one for one in [*rated, *others] if one is not out]
        moved.append(np.abs(found[row] - relevances(recommender, unasked)).max())
    was_asked = np.array([False, *(one.asked for one in [*rated, *others])])
    assert (np.array(moved)[~was_asked] < 1e-5).all()
    assert (np.array(moved)[was_asked] > 1e-4).sum() > 3
