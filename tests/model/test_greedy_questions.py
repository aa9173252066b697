"""Lists and pairs that are chosen for everybody at once, and what answers cost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.adaptation import Adaptation
from model.answers import Answer, Comparison, Kind
from model.bundle.bundle import load_bundle
from model.data.dataset import Dataset
from model.data.signals import is_liked
from model.episodes import RatingsByUser
from model.errors import DatasetError
from model.evaluation.onboarding import Seconds
from model.evaluation.onboarding.greedy import _Asked, greedy_list
from model.evaluation.onboarding.measure import Measure
from model.evaluation.onboarding.protocol import OnboardingTrial
from model.evaluation.onboarding.static_pairs import choose_pairs, static_pairs
from model.relevance.ablations import unblended

_HELD_OUT = 6


def test_seconds_of_every_kind_of_answer():
    pair = Comparison(((1,), (2,)), (1.0, 0.0))
    groups = Comparison(((1, 2), (3, 4), (5, 6)), (2.0, 3.0, 0.0))
    given = [
        (0, 4.0),
        Answer(1, 3.0, Kind.RATED, asked=True),
        Answer(2, None, Kind.UNSEEN, asked=True),
        Answer(3, None, Kind.LIKED, asked=True),
        pair,
        groups,
    ]
    seconds = Seconds(rating=1, unseen=10, pick=100, pair=1_000, named=10_000, groups=100_000)

    assert seconds.of(given) == 111_111
    assert seconds.told(["pick=0", "pair=0.5"]).of(given) == 110_011.5
    assert Seconds().of([]) == 0


@pytest.mark.parametrize("setting", ["pick", "pick=fast", "stars=3", "pick=-1", "pick=inf"])
def test_a_time_that_is_none_is_refused(setting: str):
    with pytest.raises(DatasetError, match="write NAME=SECONDS"):
        Seconds().told([setting])


def test_pairs_ask_first_along_the_axis_on_which_users_differ_most():
    items = np.array([[[1, 0], [-1, 0], [0, 1], [0, -1]]], dtype=np.float32)
    covariance = np.diag([4, 1]).astype(np.float32)[None]
    pairs = np.array([[0, 1], [0, 2], [2, 3]])

    # With G = 2 I and r = 8: 128 / 24, 34 / 13 and 8 / 12. What is told of the first axis leaves
    # 4 − 64 / 24 of its variance, so the second pair brings .54 and the third .67.
    assert choose_pairs(items, covariance, pairs, 2).tolist() == [0, 2]
    assert choose_pairs(items, covariance, pairs, 9).tolist() == [0, 2, 1]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["default", "melu"])
def adaptation(request: pytest.FixtureRequest, bundle_of: Callable[[str], Path]) -> Adaptation:
    bundle = load_bundle(bundle_of(request.param))
    return Adaptation(bundle.rating, bundle.relevance, bundle.user_space, bundle.manifest.scale)


@pytest.fixture(scope="module")
def trials(two_tastes: Dataset) -> list[OnboardingTrial]:
    grouped = RatingsByUser(two_tastes.ratings, len(two_tastes.user_ids))
    found = []
    for user in range(30):
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        held_out, ratings = items[:_HELD_OUT], stars[:_HELD_OUT]
        known = dict(zip(items[_HELD_OUT:].tolist(), stars[_HELD_OUT:].tolist(), strict=True))
        targets = held_out[is_liked(ratings, two_tastes.scale)]
        found.append(OnboardingTrial(user, {}, known, held_out, ratings, targets, two_tastes.scale))
    return [one for one in found if len(one.targets)]


def brought(adaptation: Adaptation, trial: OnboardingTrial, given: list[Answer]) -> float:
    """What some answers are worth, by the copy of the weights that a service would have."""
    relevance = adaptation.relevance
    by_chances = Adaptation(
        adaptation.estimator,
        None if relevance is None else unblended(relevance),
        (relevance or adaptation.estimator).user_space,  # type: ignore[union-attr]
        adaptation.scale,
    )
    found = Measure(by_chances, trial, Seconds()).after(given)
    return (found["ndcg"] if relevance else 0) - found["mae"]


def test_what_answers_bring_is_what_they_bring_one_by_one(
    adaptation: Adaptation, trials: list[OnboardingTrial]
):
    trial = trials[0]
    items = np.array([*list(trial.known)[:3], trial.held_out[0], 0, 1, 2, 3])
    unknown = next(one for one in range(40) if not {one} & ({*trial.known} | {*trial.held_out}))
    before = [list(trial.known)[5], unknown]
    asked = _Asked(adaptation, trial)
    for one in before:
        asked.answer(one)

    found = asked.brings(items)

    given = trial.answers(before)
    as_it_is = brought(adaptation, trial, given)
    expected = [
        0.0
        if item in trial.held_out
        else brought(adaptation, trial, [*given, *trial.answers([item])]) - as_it_is
        for item in items.tolist()
    ]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(found).max() > 1e-3


def test_the_list_begins_with_what_brings_most(
    adaptation: Adaptation, trials: list[OnboardingTrial]
):
    candidates = np.arange(0, 40, 2)

    found = greedy_list(adaptation, trials, candidates, 4, looked_at=len(candidates))

    means = np.mean([_Asked(adaptation, one).brings(candidates) for one in trials], axis=0)
    assert found[0] == candidates[np.argmax(means)]
    assert len(set(found.tolist())) == 4
    assert set(found.tolist()) <= set(candidates.tolist())
    # Looked at or not: nothing is asked twice, and a list may be as long as there are items.
    every = greedy_list(adaptation, trials[:2], candidates, 99, looked_at=3)
    assert sorted(every.tolist()) == candidates.tolist()


def test_static_pairs_are_of_well_known_items(bundle_of: Callable[[str], Path]):
    relevance = load_bundle(bundle_of("default")).relevance
    assert relevance is not None

    pairs = static_pairs(relevance, 12)

    assert len({frozenset(pair) for pair in pairs.tolist()}) == 12
    raters = relevance.learnt.table.ratings
    assert raters[pairs].min() >= np.sort(raters)[-60]
