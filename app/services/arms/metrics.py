"""What Prometheus is told of two arms that are compared; `melu compare` has the intervals."""

from collections.abc import Mapping

from prometheus_client import Counter

from app.store import Counted

LISTS = Counter("melu_arm_lists", "Lists that stored users were shown.", ["arm"])
ACCEPTED = Counter(
    "melu_arm_lists_accepted", "Lists of which at least one shown item was liked.", ["arm"]
)
ANSWERS = Counter("melu_arm_answers", "Shown items that feedback named with their list.", ["arm"])
LIKES = Counter("melu_arm_likes", "Those of them that were liked.", ["arm"])


def note_list(arm: str) -> None:
    """Count a list.

    Args:
        arm: What made it.
    """
    LISTS.labels(arm).inc()


def note_answers(arm: str, counts: Mapping[Counted, int]) -> None:
    """Count feedback on an item of a list.

    Args:
        arm: What made the list.
        counts: What the feedback adds.
    """
    for what, counter in _COUNTERS.items():
        if what in counts:
            counter.labels(arm).inc(counts[what])


_COUNTERS = {Counted.ACCEPTED: ACCEPTED, Counted.ANSWERS: ANSWERS, Counted.LIKES: LIKES}
