"""Counts of both arms' lists, out of the store of a service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson

from app.services.arms.dealing import GROUPS
from app.services.arms.experiment import Experiment
from app.store.served_lists import Counted
from model.arrays import Int64Array

ArmCounts = dict[Counted, Int64Array]
"""What is counted of an arm, shape [groups] each."""


def no_counts() -> ArmCounts:
    """Return the counts of an arm that answered nobody."""
    return {what: np.zeros(GROUPS, dtype=np.int64) for what in Counted}


@dataclass
class Compared:
    """What was counted while one candidate was compared.

    Attributes:
        candidate: Version of its bundle, or `prior`.
        experiments: What it was compared with, and for whom, each once.
        days: Days with a list, in ascending order.
        arms: Arm → counts.
    """

    candidate: str
    experiments: list[Experiment] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    arms: defaultdict[str, ArmCounts] = field(default_factory=lambda: defaultdict(no_counts))


def newest_days(count: int) -> list[str]:
    """Name today and the days before, oldest first, as the service counts them: in UTC."""
    today = datetime.now(UTC).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def by_candidate(days: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, Compared]:
    """Add up what was counted.

    Args:
        days: Day and the fields of its hash, oldest first; see `app.store.served_lists`.

    Returns:
        Candidate → counts, in the order in which they were last compared.
    """
    found: dict[str, Compared] = {}
    for day, fields in days:
        known = {
            name: Experiment(**orjson.loads(text))
            for name, text in fields.items()
            if ":" not in name
        }
        for experiment in known.values():
            # Those of this day come last.
            one = found.pop(experiment.candidate, None) or Compared(experiment.candidate)
            found[experiment.candidate] = one
            if experiment not in one.experiments:
                one.experiments.append(experiment)
            if day not in one.days:
                one.days.append(day)
        for name, value in fields.items():
            digest, *where = name.split(":")
            if where and digest in known:
                arm, group, what = where
                counts = found[known[digest].candidate].arms[arm]
                counts[Counted(what)][int(group)] += int(value)
    return found
