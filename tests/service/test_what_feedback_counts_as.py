"""What stored feedback counts as for the model that serves now."""

import math

import pytest

from app.actions import DEFAULT_ACTIONS, ActionMeaning
from app.services.feedback_meanings import FeedbackMeanings, Meaning
from app.settings import Settings
from app.store import Feedback
from model.answers import Kind


def _feedback(value: float | str, weight: float = 1.0) -> Feedback:
    return Feedback("item", value, 0, weight)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("like", Meaning(10.0, None)),
        ("dislike", Meaning(0.0, None)),
        ("click", Meaning(7.0, None)),
        ("skip", None),
        ("unseen", Meaning(None, Kind.UNSEEN)),
        ("passed", Meaning(None, Kind.UNSEEN)),
        ("picked", Meaning(None, Kind.LIKED)),
        ("of another release", None),
        (3.5, Meaning(3.5, None)),
    ],
)
def test_actions_are_places_on_the_scale(value: float | str, expected: Meaning | None):
    assert FeedbackMeanings(DEFAULT_ACTIONS, (0, 10)).of(_feedback(value)) == expected


def test_a_rating_stored_under_another_scale_counts_as_none():
    meanings = FeedbackMeanings(DEFAULT_ACTIONS, (1, 5))
    stored = [_feedback(value) for value in (100.0, 0.0, 5.0, "like", "unseen")]
    found = [meanings.of(one) for one in stored]
    assert [None if one is None else one.rating for one in found] == [None, None, 5.0, 5.0, None]
    assert meanings.support_size(stored) == 2


def test_actions_may_tell_of_choice_alone():
    actions = {
        "play": ActionMeaning(positive=True, weight=0.5),
        "hide": ActionMeaning(positive=False),
        "hover": ActionMeaning(),
    }
    meanings = FeedbackMeanings(DEFAULT_ACTIONS | actions, (1, 5))

    assert meanings.of(_feedback("play")) == Meaning(None, Kind.LIKED, 0.5)
    assert meanings.of(_feedback("hide")) == Meaning(None, Kind.DISLIKED)
    assert meanings.of(_feedback("hover")) is None


@pytest.mark.parametrize(("weight", "counted"), [(0.5, 0.5), (1, 1), (math.e, 2), (1000, 7.9078)])
def test_weights_count_by_their_logarithm_beyond_one(weight: float, counted: float):
    actions = {"play": ActionMeaning(place=0.75, weight=2)}
    found = FeedbackMeanings(actions, (1, 5)).of(_feedback("play", weight))

    assert found is not None
    assert found.rating == 4
    assert found.weight == pytest.approx(2 * counted, abs=1e-3)


def test_without_ratings_what_speaks_for_an_item_is_a_like():
    meanings = FeedbackMeanings(DEFAULT_ACTIONS, (0, 1), has_ratings=False)
    found = [meanings.of(_feedback(value)) for value in ("click", "dislike", "like")]
    assert [one and one.rating for one in found] == [1.0, 0.0, 1.0]


def test_actions_are_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MELU_ACTIONS", '{"click": {"place": 0.1}, "play": {"positive": true}}')
    found = Settings().action_meanings
    assert found["click"].place == 0.1
    assert found["play"].positive
    assert found["like"].place == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('{"unseen": {"place": 0}}', "has its own meaning"),
        ('{"Play it": {}}', "a name is"),
        ('{"play": {"place": 2}}', "less than or equal to 1"),
        ('{"play": {"place": 1, "positive": true}}', "by its place"),
        ('{"play": {"weight": 0}}', "greater than 0"),
        ('{"play": {"colour": 1}}', "colour"),
        ("play=1", "MELU_ACTIONS|actions"),
    ],
)
def test_wrong_actions_are_refused(monkeypatch: pytest.MonkeyPatch, value: str, told: str):
    monkeypatch.setenv("MELU_ACTIONS", value)
    with pytest.raises(ValueError, match=told):
        Settings()


def test_former_settings_are_told_of(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MELU_ACTION_CLICK", "0.5")
    with pytest.raises(ValueError, match=r'MELU_ACTIONS=\{"click": \{"place": 0\.7\}\}'):
        Settings()
