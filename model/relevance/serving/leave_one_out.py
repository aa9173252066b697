"""Adapt to parts of one support set side by side: what leaving single ratings out is told by.

The local update takes many support sets at once, as what to ask next is chosen by. What each was
asked about may differ: what a part does not hold was not offered to it.

Dimensions: B parts, n answers.
"""

from __future__ import annotations

import numpy as np

from model.answers import SupportSet, answers, comparisons
from model.arrays import BoolArray
from model.features import Slots
from model.relevance.adapted_user import RelevanceUser
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
    given, others = answers(support_set, model.scale), answers(beside, model.scale)
    every = [*given, *others]
    holds = np.concatenate([kept, np.ones((len(kept), len(others)), dtype=np.bool_)], axis=1)
    entry, output = model.entry_and_output(np.array([one.item for one in every], dtype=np.int64))
    sums = SupportSums.of(entry, output, every, model.members, holds.astype(np.float32))
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
