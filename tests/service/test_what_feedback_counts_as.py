"""What stored feedback counts as for the model that serves now."""

import pytest

from app.services.actions import ActionRatings
from app.store import Feedback

PLACES = {"like": 1.0, "dislike": 0.0, "click": 0.7, "skip": None, "unseen": None}


def _feedback(value: float | str) -> Feedback:
    return Feedback("item", value, 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("like", 10.0),
        ("dislike", 0.0),
        ("click", 7.0),
        ("skip", None),
        ("unseen", None),
        (3.5, 3.5),
    ],
)
def test_actions_are_places_on_the_scale(value: float | str, expected: float | None):
    assert ActionRatings(PLACES, (0, 10)).rating(_feedback(value)) == expected


def test_a_rating_stored_under_another_scale_counts_as_none():
    actions = ActionRatings(PLACES, (1, 5))
    stored = [_feedback(value) for value in (100.0, 0.0, 5.0, "like")]
    assert [actions.rating(one) for one in stored] == [None, None, 5.0, 5.0]
    assert actions.support_size(stored) == 2
