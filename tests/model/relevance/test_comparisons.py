"""Answers that compare: the likeliest vector, groups, and which pair is asked."""

import numpy as np
import pytest
from scipy.optimize import minimize

from model.answers import Answer, Kind
from model.relevance.asking.groups import GROUPS, SHOWN, group_items
from model.relevance.comparisons import OfferedVectors, TasteSpread, asked
from model.relevance.serving.likeliest_vector import likeliest

MEMBERS, WIDTH = 2, 5


def drawn(seed: int, offers: list[int]) -> tuple[list[OfferedVectors], TasteSpread]:
    random = np.random.default_rng(seed)
    offered = [
        OfferedVectors(
            random.normal(size=(MEMBERS, 1, size, WIDTH)).astype(np.float32),
            random.integers(0, 4, size).astype(np.float32),
        )
        for size in offers
    ]
    root = random.normal(size=(MEMBERS, WIDTH, WIDTH))
    covariance = root @ root.transpose(0, 2, 1) + np.eye(WIDTH)
    return offered, TasteSpread(covariance.astype(np.float32), 7.0)


def found_by_scipy(
    start: np.ndarray, offered: list[OfferedVectors], spread: TasteSpread, rated: float, member: int
) -> np.ndarray:
    certainty = float(spread.certainty(np.array([rated], dtype=np.float32))[0])
    precision = np.linalg.inv(spread.covariance[member].astype(np.float64)) * certainty

    def loss(vector: np.ndarray) -> float:
        apart = vector - start
        value = apart @ precision @ apart / 2
        for one in offered:
            logits = one.output[member, 0] @ vector
            value -= float(one.points @ (logits - np.logaddexp.reduce(logits)))
        return value

    found: np.ndarray = minimize(loss, start.astype(np.float64), tol=1e-10).x
    return found


@pytest.mark.parametrize("offers", [[2], [2, 2, 2], [10], [10, 2, 3]])
@pytest.mark.parametrize("size", [0.1, 3.0])
def test_the_vector_is_the_likeliest_one(offers: list[int], size: float):
    offered, spread = drawn(1, offers)
    start = size * np.random.default_rng(2).normal(size=(MEMBERS, 3, WIDTH)).astype(np.float32)
    rated = np.array([0, 4, 40], dtype=np.float32)

    found = likeliest(start, offered, spread, rated)

    for member in range(MEMBERS):
        for user in range(3):
            right = found_by_scipy(start[member, user], offered, spread, rated[user], member)
            np.testing.assert_allclose(found[member, user], right, atol=2e-3)


def test_each_of_many_may_be_offered_something_else():
    (first, second), spread = drawn(3, [2, 2])
    start = np.random.default_rng(4).normal(size=(MEMBERS, 2, WIDTH)).astype(np.float32)
    nothing = np.zeros(2, dtype=np.float32)
    both = OfferedVectors(np.concatenate([first.output, second.output], axis=1), first.points)

    together = likeliest(start, [both], spread, nothing)

    for at, output in enumerate((first.output, second.output)):
        alone = likeliest(start, [OfferedVectors(output, first.points)], spread, nothing)
        np.testing.assert_allclose(together[:, at], alone[:, at], atol=1e-5)


def test_a_preferred_item_gains_on_the_other_however_sure_the_model_was():
    (pair,), spread = drawn(5, [2])
    preferred = OfferedVectors(pair.output, np.array([0, 1], dtype=np.float32))
    nothing = np.zeros(1, dtype=np.float32)
    for sure in (0.0, 10.0, 1_000.0):
        start = (sure * (pair.output[:, :, 0] - pair.output[:, :, 1])).astype(np.float32)
        found = likeliest(start, [preferred], spread, nothing)
        moved = found - start
        assert ((moved * (pair.output[:, :, 1] - pair.output[:, :, 0])).sum(2) > 0).all()
        assert np.isfinite(found).all()


def test_whoever_rated_much_is_moved_less():
    (pair,), spread = drawn(6, [2])
    chosen = OfferedVectors(pair.output, np.array([1, 0], dtype=np.float32))
    start = np.zeros((MEMBERS, 3, WIDTH), dtype=np.float32)

    found = likeliest(start, [chosen], spread, np.array([0, 7, 70], dtype=np.float32))

    lengths = np.linalg.norm(found, axis=2)
    assert (np.diff(lengths, axis=1) < 0).all()


def test_no_points_tell_nothing():
    (pair,), spread = drawn(7, [2])
    start = np.ones((MEMBERS, 1, WIDTH), dtype=np.float32)
    none = OfferedVectors(pair.output, np.zeros(2, dtype=np.float32))

    np.testing.assert_array_equal(likeliest(start, [none], spread, np.zeros(1, "f4")), start)


def test_what_is_no_covariance_is_told():
    _, spread = drawn(8, [])
    assert spread.is_covariance()
    for wrong in (-spread.covariance, np.triu(spread.covariance)):
        assert not TasteSpread(wrong, 7.0).is_covariance()


def test_groups_are_the_kinds_there_are_and_shown_by_their_best_known_items():
    random = np.random.default_rng(9)
    kind = np.repeat(np.arange(GROUPS), 30)
    tastes = (np.eye(GROUPS)[kind] + 0.05 * random.normal(size=(300, GROUPS))).astype(np.float32)
    raters = random.permutation(300).astype(np.float32)

    groups = group_items(tastes, raters, seed=0)

    assert len(groups) == GROUPS
    for group in groups:
        assert len(set(kind[group])) == 1
        assert len(group) == 30
        middle = group[:15]
        assert (np.diff(raters[middle]) < 0).all()
        assert len(middle) >= SHOWN


@pytest.mark.parametrize("items", [0, 1, 3])
def test_too_few_items_are_no_groups(items: int):
    assert group_items(np.ones((items, 4), dtype=np.float32), np.ones(items, "f4"), seed=0) == []


def test_equal_items_are_grouped_without_complaint():
    groups = group_items(np.ones((40, 4), dtype=np.float32), np.ones(40, "f4"), seed=0)

    assert [group for group in groups if len(group) < SHOWN] == []


def test_what_was_asked_is_a_choice_among_it_alone():
    output = np.arange(4 * MEMBERS * WIDTH, dtype=np.float32).reshape(4, -1)
    answers = [
        Answer(0, 5.0, Kind.LIKED, asked=True),
        Answer(1, 5.0, Kind.LIKED),
        Answer(2, None, Kind.UNSEEN, asked=True),
        Answer(3, 3.0, Kind.RATED, asked=True),
    ]

    offer = asked(output, answers, MEMBERS)

    assert offer.points.tolist() == [1, 0, 0.5]
    right = output[[0, 2, 3]].reshape(3, MEMBERS, WIDTH).transpose(1, 0, 2)
    np.testing.assert_array_equal(offer.output[:, 0], right)
    assert offer.is_choice


@pytest.mark.parametrize("kinds", [[], [Kind.LIKED], [Kind.LIKED] * 3, [Kind.UNSEEN] * 3])
def test_equal_answers_are_no_choice(kinds: list[Kind]):
    answers = [Answer(at, None, kind, asked=True) for at, kind in enumerate(kinds)]

    assert not asked(np.ones((len(kinds), WIDTH), "f4"), answers, 1).is_choice


def test_one_more_question_is_as_if_it_had_been_asked_with_the_others():
    output = np.random.default_rng(10).normal(size=(5, MEMBERS * WIDTH)).astype(np.float32)
    before = [Answer(0, 5.0, Kind.LIKED, asked=True), Answer(1, None, Kind.UNSEEN, asked=True)]
    more = output[2:].reshape(3, MEMBERS, WIDTH).transpose(1, 0, 2)

    several = asked(output[:2], before, MEMBERS).with_one_more(more, Kind.RATED)

    for at in range(3):
        answers = [*before, Answer(2, 3.0, Kind.RATED, asked=True)]
        alone = asked(output[[0, 1, 2 + at]], answers, MEMBERS)
        shared, own = several.parts
        laid_out = np.concatenate([shared, own[:, at : at + 1]], axis=2)
        np.testing.assert_array_equal(laid_out, alone.output)
        np.testing.assert_array_equal(several.points, alone.points)
