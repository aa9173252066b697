"""Count answers to questions of the onboarding, of whomever they are."""

from __future__ import annotations

from collections.abc import Iterable

from app.actions import NOT_KNOWN, PICKED
from app.metrics import note_answer
from app.services.comparisons import GROUP, PAIR_FIRST, PAIR_SECOND
from app.services.feedback_meanings import FeedbackMeanings
from app.store import NewEvent


def count_answers(events: Iterable[NewEvent], meanings: FeedbackMeanings) -> None:
    """Count what answers a question: what says so, "haven't seen it", screens and comparisons.

    Args:
        events: Feedback of one request; what users name by themselves among it is passed over.
        meanings: Knows which actions tell something.
    """
    has_groups = False
    for event in events:
        if event.value == GROUP:
            has_groups = True
        elif event.value in (PAIR_FIRST, PAIR_SECOND):
            note_answer("compared")
        elif event.value in NOT_KNOWN:
            note_answer("unseen", event.item_id)
        elif event.asked or event.value == PICKED:
            answer = "known" if meanings.tells(event.value) else "skipped"
            note_answer(answer, event.item_id)
    if has_groups:  # one answer, of however many groups
        note_answer("compared")
