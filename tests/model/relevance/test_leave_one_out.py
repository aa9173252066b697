"""Parts of a support set that are adapted to side by side, as each by itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.answers import Answer, Comparison, Kind, SupportSet, kind_of_rating
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
ITEMS = 60


@pytest.fixture(scope="module")
def folder(bundle_of: Callable[[str], Path]) -> Path:
    return bundle_of("default")


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


def test_reasons_of_a_list_by_relevance_are_what_leaving_out_does(folder: Path):
    recommender = Recommender.load(folder)
    every = np.arange(ITEMS)
    attributes = {"city": "Rome"}
    answers = a_user(5, 0.4)

    told = recommender.leave_one_out(attributes, answers, 10, every, Order.RELEVANCE, BESIDE[1])

    parts = [answers[:10]] + [answers[:out] + answers[out + 1 : 11] for out in range(10)]
    really = []
    for part in parts:
        user = recommender.adapt(attributes, [*part, *BESIDE[1]])
        ranking = recommender.rank(user, ITEMS, order=Order.RELEVANCE)
        assert ranking.values.relevance is not None
        really.append(ranking.values.relevance[np.argsort(ranking.index)])
    np.testing.assert_allclose(told, really, atol=1e-5)
    assert np.ptp(told, axis=0).max() > 0.01
