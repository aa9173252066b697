"""Adapt to parts of one support set side by side: what leaving single ratings out is told by.

The local update takes many support sets at once, as what to ask next is chosen by. Those that
differ in what the user was asked about are adapted to one by one: the choice among that is one.

Dimensions: B parts, n answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model.answers import Answer, SupportSet, answers, comparisons
from model.arrays import BoolArray
from model.features import Slots
from model.relevance.adapted_user import RelevanceUser
from model.relevance.comparisons import asked
from model.relevance.model import RelevanceModel
from model.relevance.serving.support_sums import SupportSums


def adapt_to_parts(
    model: RelevanceModel,
    slots: Slots,
    support_set: SupportSet,
    kept: BoolArray,
    beside: SupportSet = (),
) -> list[RelevanceUser]:
    """Run the local update on parts of a support set.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        support_set: Answers about items.
        kept: Which of them each part holds, shape [B, n].
        beside: What all parts hold beside that.

    Returns:
        What `RelevanceModel.adapt` returns for each part, but for rounding.
    """
    given = answers(support_set, model.scale)
    choice = np.array([one.asked for one in given], dtype=np.bool_)
    alike = (kept[:, choice] == kept[0, choice]).all(1)
    found = iter(_side_by_side(model, slots, given, kept[alike], beside))
    return [
        next(found)
        if is_alike
        else model.adapt(slots, [*(given[at] for at in np.flatnonzero(row)), *beside])
        for row, is_alike in zip(kept, alike, strict=True)
    ]


def _side_by_side(
    model: RelevanceModel,
    slots: Slots,
    given: Sequence[Answer],
    kept: BoolArray,
    beside: SupportSet,
) -> list[RelevanceUser]:
    """Adapt to parts that hold the same of what was asked about."""
    others = answers(beside, model.scale)
    every = [*given, *others]
    holds = np.concatenate([kept, np.ones((len(kept), len(others)), dtype=np.bool_)], axis=1)
    entry, output = model.entry_and_output(np.array([one.item for one in every], dtype=np.int64))
    sums = SupportSums.of(entry, output, every, model.members, holds.astype(np.float32))
    first = np.flatnonzero(holds[0])
    sums = replace(sums, asked=asked(output[first], [every[at] for at in first], model.members))
    for one in comparisons(beside):
        sums = sums.with_comparison(model.offered(one))
    found = model.updated([slots], sums)
    # Where nothing that differs moves anything there is one row for all.
    weights = np.broadcast_to(found, (found.shape[0], len(kept), found.shape[2]))
    totals = model.sample.log_totals(weights).tolist()
    sizes = (holds @ np.array([one.rating is not None for one in every], dtype=np.int64)).tolist()
    is_any = [bool(beside) or any(row) for row in kept.tolist()]
    return [
        RelevanceUser(weights[:, row].ravel(), total, size, model.steps if any_answer else 0)
        for row, (total, size, any_answer) in enumerate(zip(totals, sizes, is_any, strict=True))
    ]
