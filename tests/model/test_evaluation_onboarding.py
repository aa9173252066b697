"""Onboarding is measured: who is asked, what is held out, and lists with known orders."""

from pathlib import Path

import numpy as np
import pytest

from model.answers import Answer, Kind
from model.data import load_dataset
from model.data.dataset import Ratings
from model.errors import DatasetError
from model.evaluation.lists.protocol import split_users
from model.evaluation.onboarding import ADAPTIVE, asking, calibration, evaluate_onboarding
from model.evaluation.onboarding import protocol as onboarding_protocol
from model.evaluation.onboarding.fixed_lists import fixed_lists
from model.evaluation.onboarding.protocol import OnboardingTrial, draw_onboarding_trials
from model.presets import with_options
from tests.conftest import QUICK_PRESETS
from tests.worlds import write_many_tastes

pytestmark = pytest.mark.slow

FEW = (5, 10, 20)


def ratings_of(rows: list[tuple[int, int, float]]) -> Ratings:
    users, items, stars = zip(*rows, strict=True)
    return Ratings(np.array(users), np.array(items), np.array(stars, dtype=np.float32))


# Item 0: rated by four, alike; item 1: by two, apart; item 2: by one.
ROWS = [(0, 0, 4), (1, 0, 4), (2, 0, 4), (3, 0, 4), (0, 1, 1), (1, 1, 5), (2, 2, 3)]


def test_lists_from_the_literature_have_known_orders():
    found = fixed_lists(ratings_of(ROWS), 4, 8, 0)

    assert found["popularity"].tolist() == [0, 1, 2, 3]
    # Of item 1 alone the ratings differ.
    assert found["entropy"][0] == 1
    assert found["log_popularity_entropy"][0] == 1
    assert found["helf"][0] == 1
    assert found["variance_root_popularity"][0] == 1
    # ln 2 for one half of unknown; (2 · ln 8 + 6 · ln 4/3) / 8 = .74; item 2: .38; item 3: 0.
    assert found["entropy0"].tolist() == [1, 0, 2, 3]
    assert found["random"][-1] == 3


def test_what_was_never_rated_is_unseen():
    trial = OnboardingTrial(
        0,
        {},
        {3: 5.0, 4: 1.0, 5: 4.0, 6: 4.5},
        np.array([7]),
        np.array([4.0], dtype=np.float32),
        np.array([7]),
        (1.0, 5.0),
    )

    assert trial.answers([4, 9, 3]) == [
        Answer(4, 1.0, Kind.DISLIKED, asked=True),
        Answer(9, None, Kind.UNSEEN, asked=True),
        Answer(3, 5.0, Kind.LIKED, asked=True),
    ]
    # What is liked comes before what is not known, and that before what is disliked.
    assert [trial.preferred(pair) for pair in ([4, 9], [9, 3], [5, 6])] == [9, 3, 6]
    assert trial.preferred([8, 9]) is None
    # Three likes, two of them in the first group: 5 · 2/3 and 5 · 1/3, by largest remainders.
    assert trial.points_of_groups([np.array([3, 5, 4]), np.array([6]), np.array([9])]) == [3, 2, 0]
    assert trial.points_of_groups([np.array([4]), np.array([9])]) == [0, 0]


def test_gains_are_averaged_over_ranges_of_questions():
    gains = [(0, 1.0, 2.0), (0, 3.0, 2.0), (1, 1.0, 0.0), (5, 0.5, 0.25), (2, 1.5, 0.75)]

    found = calibration(gains, (0, 1, 2))

    np.testing.assert_allclose(found, [[2, 2], [1, 0], [1, 0.5]])


@pytest.fixture
def small_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboarding_protocol, "FEWEST_RATINGS", 24)
    monkeypatch.setattr(onboarding_protocol, "HELD_OUT", 10)
    monkeypatch.setattr(asking, "SHOWN", FEW)
    monkeypatch.setattr(asking, "_MOST", max(FEW))
    monkeypatch.setattr(asking, "_GREEDY_USERS", 5)
    monkeypatch.setattr(asking, "_GREEDY_ITEMS", 20)


@pytest.mark.usefixtures("small_protocol")
def test_held_out_ratings_are_no_answers(tmp_path: Path):
    dataset = load_dataset(write_many_tastes(tmp_path / "data"))
    _, new = split_users(dataset.ratings, 0)

    trials = draw_onboarding_trials(dataset, new, ("city",), 0)

    for one in trials:
        assert one.user in new
        assert not set(one.held_out.tolist()) & set(one.known)
        assert len(one.held_out) == 10
        assert set(one.targets.tolist()) <= set(one.held_out.tolist())
        assert "city" in one.attributes
    again = draw_onboarding_trials(dataset, new, ("city",), 0)
    assert [one.known for one in again] == [one.known for one in trials]


@pytest.mark.usefixtures("small_protocol")
def test_every_strategy_is_measured_on_the_same_users(tmp_path: Path):
    dataset = load_dataset(write_many_tastes(tmp_path / "data", fans=10))

    found = evaluate_onboarding(dataset, QUICK_PRESETS["default"], [0])

    trials = len(found.users)
    assert trials >= 20
    for strategy in (
        *("popularity", "random", "static", "greedy", "evidence", "own_naming"),
        *("pairs", "static_pairs", ADAPTIVE),
    ):
        for shown in FEW:
            assert len(found.values[strategy][shown]["ndcg"]) == trials
            assert found.estimate(strategy, shown, "answered").mean <= shown
            assert found.estimate(strategy, shown, "mae").mean > 0
    assert len(found.gains) == trials * max(FEW)
    # To name what one loves tells most of such a world.
    assert (
        found.difference("own_naming", "popularity", 10).mean
        > 2 * found.difference("own_naming", "popularity", 10).standard_error
    )
    assert found.estimate("own_naming", 5, "answered").mean == 5
    assert found.estimate("own_naming", 5, "seconds").mean == 5 * 20
    gained = found.estimate("own_naming", 5).mean - found.estimate("nothing", 0).mean
    assert found.gain_per("own_naming", 5, "answered") == pytest.approx(gained / 5)
    assert found.gain_per("own_naming", 5, "seconds") == pytest.approx(gained / 100)


@pytest.mark.usefixtures("small_protocol")
def test_a_preset_without_relevance_is_asked_by_lists_alone(tmp_path: Path):
    dataset = load_dataset(write_many_tastes(tmp_path / "data"))
    preset = with_options(QUICK_PRESETS["melu"], epochs=1)

    found = evaluate_onboarding(dataset, preset, [0])

    assert found.values.keys() >= {"nothing", "popularity", "greedy", "evidence", "own_naming"}
    assert not found.values.keys() & {ADAPTIVE, "static", "pairs", "groups", "grid"}
    assert found.estimate("popularity", 10, "mae").mean > 0


def test_data_with_few_ratings_are_refused(tmp_path: Path):
    dataset = load_dataset(write_many_tastes(tmp_path / "data"))

    with pytest.raises(DatasetError, match="too sparse to measure onboarding"):
        evaluate_onboarding(dataset, QUICK_PRESETS["default"], [0])
