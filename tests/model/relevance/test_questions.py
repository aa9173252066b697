"""What is asked next."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model.answers import Answer, Kind
from model.bundle.bundle import load_bundle
from model.onboarding import Onboarding
from model.recommender import Recommender
from model.relevance import RelevanceModel
from model.relevance.answer_network import NO_DROPOUT, read_answers
from model.relevance.asking.questions import familiarity
from model.relevance.asking.screen import choose_jointly
from tests.model.relevance.test_worlds_with_right_answers import first_of, many_tastes
from tests.worlds import ITEMS_OF_A_GENRE, ITEMS_OF_A_KNOWN_KIND

pytestmark = pytest.mark.slow

__all__ = ["many_tastes"]


@pytest.fixture(scope="module")
def relevance(bundle_of: Callable[[str], Path]) -> RelevanceModel:
    model = load_bundle(bundle_of("default")).relevance
    assert model is not None
    return model


@pytest.fixture(scope="module")
def default(bundle_of: Callable[[str], Path]) -> Recommender:
    return Recommender.load(bundle_of("default"))


@pytest.fixture(scope="module")
def known_kinds(bundle_that_asks: Path) -> Recommender:
    return Recommender.load(bundle_that_asks)


def relevance_of(recommender: Recommender) -> RelevanceModel:
    found = recommender._relevance
    assert found is not None
    return found


def onboarding_of(recommender: Recommender) -> Onboarding:
    assert recommender.onboarding is not None
    return recommender.onboarding


def test_answers_are_read_in_service_as_in_training(relevance: RelevanceModel):
    given = [
        Answer(0, 5.0, Kind.LIKED),
        Answer(31, 1.0, Kind.DISLIKED),
        Answer(7, 3.0, Kind.RATED),
        Answer(8, None, Kind.UNSEEN),
        Answer(9, None, Kind.UNSEEN),
    ]
    support = relevance.support_sums(given)

    theta, unseen = relevance.theta, torch.from_numpy(support.counts[3, :, None])
    found = theta.known(support, support.sizes), theta.move(support, support.sizes)

    for member, network in enumerate(relevance.learnt.networks):
        bags = torch.stack([torch.from_numpy(bag[member]) for bag in support.entry])
        read = read_answers(bags, torch.from_numpy(support.counts[:, :, None]))
        with torch.no_grad():
            known = network.answers.known(torch.relu(network.answers.known_hidden(read)))
            moved = network.answers.moved(read, unseen, NO_DROPOUT)
        for served, expected in zip(found, (known, moved), strict=True):
            np.testing.assert_allclose(served[member], expected.numpy(), rtol=1e-5, atol=1e-6)


def test_familiarity_is_a_chance_and_follows_how_many_rated_an_item(relevance: RelevanceModel):
    items = np.arange(len(relevance.vectors))
    found = familiarity(relevance, relevance.support_sums([]), items)
    raters = relevance.learnt.table.ratings

    assert ((found > 0) & (found < 1)).all()
    assert np.corrcoef(found, raters)[0, 1] > 0.5


def test_a_candidate_like_one_chosen_before_has_nothing_left_to_tell():
    gain = np.array([1.0, 0.99, 0.5])
    displaced = np.zeros((3, 1, 4), dtype=np.float32)
    displaced[0, 0] = displaced[1, 0] = [1, 1, 0, 0]
    displaced[2, 0] = [0, 0, 1, 0]

    chosen, gains = choose_jointly(gain, displaced, 3)

    assert chosen.tolist() == [0, 2, 1]
    np.testing.assert_allclose(gains, [1, 0.5, 0], atol=1e-3)


def test_a_candidate_keeps_what_those_before_it_do_not_tell():
    gain = np.array([1.0, 0.8])
    displaced = np.zeros((2, 1, 2), dtype=np.float32)
    displaced[0, 0] = [1, 0]
    displaced[1, 0] = [3, 4]

    _, gains = choose_jointly(gain, displaced, 2)

    # 16 of 25 parts of its energy are at right angles to the first.
    np.testing.assert_allclose(gains, [1, 0.8 * 16 / 25], atol=0.02)


def test_rounding_moves_no_gain():
    random = np.random.default_rng(0)
    gain = random.random(12)
    displaced = random.normal(size=(12, 3, 40)).astype(np.float32)
    # Two answers of each candidate tell nearly the same.
    displaced[:, 1] = displaced[:, 0] * 0.9
    noise = random.normal(size=displaced.shape).astype(np.float32) * np.float32(1e-5)

    chosen, gains = choose_jointly(gain, displaced, 8)
    again, moved = choose_jointly(gain, displaced + noise, 8)

    assert chosen.tolist() == again.tolist()
    np.testing.assert_allclose(moved, gains, rtol=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_rounding_of_what_was_told_already_tells_nothing_of_others(seed: int):
    random = np.random.default_rng(seed)
    displaced = random.normal(size=(13, 1, 40)).astype(np.float32)
    displaced[:12] = displaced[0] * random.uniform(0.1, 10, (12, 1, 1))
    # The other one is chosen last.
    gain = np.append(np.linspace(1, 0.9, 12), 1e-30)

    with np.errstate(all="raise", under="ignore"):
        chosen, gains = choose_jointly(gain, displaced, 13)

    assert gains[0] == 1
    assert ((gains[1:] >= 0) & (gains[1:] < 0.01)).all()
    assert gains[chosen == 12] == pytest.approx(1e-30, rel=0.3)


def test_questions_of_a_longer_screen_begin_with_those_of_a_shorter(default: Recommender):
    onboarding = onboarding_of(default)
    given = [(0, 5.0), Answer(3, None, Kind.UNSEEN)]

    few, many = onboarding.questions({}, given, 3), onboarding.questions({}, given, 12)

    assert few.items.tolist() == many.items[:3].tolist()
    assert not {0, 3} & set(many.items.tolist())


def test_what_one_more_answer_can_bring_hangs_on_no_screen(default: Recommender):
    onboarding = onboarding_of(default)
    asked = {limit: onboarding.questions({}, [(0, 5.0)], limit) for limit in (1, 2, 12)}

    assert asked[1].most_gain == pytest.approx(asked[12].most_gain, rel=1e-5)
    assert asked[2].most_gain == pytest.approx(asked[12].most_gain, rel=1e-5)
    assert asked[12].most_gain >= max(one.gain.max() for one in asked.values()) * (1 - 1e-6) > 0


def test_a_second_question_differs_from_the_first(many_tastes: Recommender):
    """In a world of twelve kinds, a screen of six is no six films of one kind."""
    asked = onboarding_of(many_tastes).questions({}, [], 6).items

    assert len(set((asked // ITEMS_OF_A_GENRE).tolist())) >= 4


def test_opposite_answers_lead_to_different_third_questions(many_tastes: Recommender):
    onboarding = onboarding_of(many_tastes)
    first, second = onboarding.questions({}, [], 2).items.tolist()

    one = onboarding.questions({}, [(first, 5.0), (second, 1.0)], 1).items[0]
    other = onboarding.questions({}, [(first, 1.0), (second, 5.0)], 1).items[0]

    assert one != other


@pytest.mark.parametrize("kind", [0, 7, 13, 19])
def test_what_nobody_has_seen_of_a_kind_stops_that_kind_being_asked(
    known_kinds: Recommender, kind: int
):
    relevance = relevance_of(known_kinds)
    first = kind * ITEMS_OF_A_KNOWN_KIND
    others = np.arange(first + 3, first + ITEMS_OF_A_KNOWN_KIND)
    unknown = [Answer(first + place, None, Kind.UNSEEN) for place in range(3)]
    known = [Answer(first + place, 3.0, Kind.RATED) for place in range(3)]

    before, after, instead = (
        familiarity(relevance, relevance.support_sums(given), others).mean()
        for given in ([], unknown, known)
    )
    asked = onboarding_of(known_kinds).questions({}, unknown, 10).items

    assert after < before / 2
    assert instead > 2 * before
    assert (asked // ITEMS_OF_A_KNOWN_KIND == kind).sum() == 0


def test_certainty_rises_with_answers(many_tastes: Recommender):
    onboarding = onboarding_of(many_tastes)
    given = [(item, 5.0) for item in first_of(0, 6)] + [(item, 1.0) for item in first_of(6, 6)]

    before = onboarding.questions({}, [], 1).gain[0]
    after = onboarding.questions({}, given, 1).gain[0]

    assert onboarding.certainty(before) == 0
    assert onboarding.certainty(after) > 0.5
    assert onboarding.certainty(0) == 1


def test_the_gain_that_came_has_the_units_of_the_one_expected(many_tastes: Recommender):
    onboarding = onboarding_of(many_tastes)
    question = onboarding.questions({}, [], 1)
    item = int(question.items[0])

    liked = onboarding.gain_of({}, [], (item, 5.0))
    unseen = onboarding.gain_of({}, [], Answer(item, None, Kind.UNSEEN))

    low, high = sorted((liked, unseen))
    assert 0 <= low <= question.gain[0] * 1.5
    assert high >= question.gain[0] * 0.5


def test_live_items_can_be_asked_about(default: Recommender):
    from model.catalogue.live import ItemChange

    put = default.with_changes([ItemChange("new", "New", {"genre": ["drama"]})])
    asked = onboarding_of(put).questions({}, [], 200)

    assert len(asked.items) == put.catalogue.size == default.catalogue.size + 1
