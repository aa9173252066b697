"""What the counts of two arms tell, and whether they tell enough."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.services.arms.experiment import CANDIDATE, CURRENT
from app.store.served_lists import Counted
from scripts.comparing.counts import ArmCounts, Compared
from scripts.comparing.intervals import (
    LEAST_GROUPS,
    Estimate,
    lists_to_tell,
    rate,
    rate_difference,
    ratios,
)

LEAST_LISTS = 100
"""Of each arm, below which nothing is said of a difference."""
LEAST_OF_A_KIND = 10
"""Lists of each arm that are accepted, and that are not."""
_THOUSAND = 1000
_MEANS = {
    "answers_per_list": (Counted.ANSWERS, Counted.LISTS, 1),
    "likes_per_list": (Counted.LIKES, Counted.LISTS, 1),
    "mean_rating": (Counted.RATING_SUM, Counted.RATINGS, _THOUSAND),
}


class Verdict(StrEnum):
    """What the acceptance rates say."""

    TOO_LITTLE = "too_little"
    UNDECIDED = "undecided"
    CANDIDATE = "candidate"
    CURRENT = "current"


@dataclass(frozen=True)
class Row:
    """One number of both arms.

    Attributes:
        current: The current model's.
        candidate: The candidate's.
        difference: The candidate's less the other.
    """

    current: Estimate
    candidate: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Comparison:
    """What is told.

    Attributes:
        rows: Name → number; `acceptance_rate` is the one that decides.
        verdict: What the acceptance rates say.
        lists_to_tell: Lists an arm takes to tell a difference as large as the present one; None
            where that can't be said.
    """

    rows: dict[str, Row]
    verdict: Verdict
    lists_to_tell: int | None


def compare(compared: Compared) -> Comparison:
    """Hold the arms against each other.

    Args:
        compared: What was counted.

    Returns:
        Numbers with intervals, and what they say.
    """
    current, candidate = compared.arms[CURRENT], compared.arms[CANDIDATE]
    rates = [rate(arm[Counted.ACCEPTED], arm[Counted.LISTS]) for arm in (current, candidate)]
    difference = rate_difference(rates[1], rates[0])
    rows = {"acceptance_rate": Row(rates[0], rates[1], difference)}
    for seed, (name, (sums, counts, unit)) in enumerate(_MEANS.items()):
        one, other, less = ratios(
            (candidate[sums], candidate[counts]), (current[sums], current[counts]), seed
        )
        rows[name] = Row(_in(unit, other), _in(unit, one), _in(unit, less))
    return Comparison(
        rows,
        _verdict(current, candidate, difference),
        lists_to_tell(rates[1], rates[0]) if all(map(_is_enough, (current, candidate))) else None,
    )


def _verdict(current: ArmCounts, candidate: ArmCounts, difference: Estimate) -> Verdict:
    if not (_is_enough(current) and _is_enough(candidate)):
        return Verdict.TOO_LITTLE
    if difference.low is not None and difference.low > 0:
        return Verdict.CANDIDATE
    if difference.high is not None and difference.high < 0:
        return Verdict.CURRENT
    return Verdict.UNDECIDED


def _is_enough(arm: ArmCounts) -> bool:
    lists, accepted = int(arm[Counted.LISTS].sum()), int(arm[Counted.ACCEPTED].sum())
    groups = int((arm[Counted.LISTS] > 0).sum())
    return (
        lists >= LEAST_LISTS
        and groups >= LEAST_GROUPS
        and LEAST_OF_A_KIND <= accepted <= lists - LEAST_OF_A_KIND
    )


def _in(unit: int, estimate: Estimate) -> Estimate:
    ends = (estimate.value, estimate.low, estimate.high)
    return Estimate(*(None if end is None else end / unit for end in ends))
