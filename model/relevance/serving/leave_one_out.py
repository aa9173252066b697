"""Adapt to parts of one support set side by side: what leaving single answers out is told by.

The local update takes many support sets at once, as what to ask next is chosen by. What each was
asked about may differ: what a part does not hold was not offered to it.

Dimensions: B parts, n answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.answers import Answer, SupportSet, answers, comparisons
from model.arrays import BoolArray
from model.features import Slots
from model.relevance.adapted_user import RelevanceUser
from model.relevance.model import RelevanceModel
from model.relevance.serving.support_sums import SupportSums


def without_each(count: int, limit: int) -> BoolArray:
    """Tell which answers are learnt from, with all of them and without each.

    Args:
        count: Answers, newest first; no more than one beyond the limit.
        limit: Newest that are learnt from. Without one of them the next older one is.

    Returns:
        All in the first row, without answer i in row i + 1. Shape [1 + min(count, limit), count].
    """
    pieces = min(count, limit)
    kept = np.ones((1 + pieces, count), dtype=np.bool_)
    kept[0, limit:] = False
    kept[1 + np.arange(pieces), np.arange(pieces)] = False
    return kept


def left_out(
    ratings: Sequence[Answer], beside: Sequence[Answer], limit: int, next_asked: int | None = None
) -> tuple[list[Answer], BoolArray]:
    """Lay out a support set with all of its answers, and without each.

    Args:
        ratings: Newest first; no more than one beyond the limit.
        beside: Answers that are no ratings, alike.
        limit: See `without_each`.
        next_asked: See `Adaptation.leave_one_out`.

    Returns:
        All answers that a part may hold, n of them, and which of them each part holds: all in the
        first row, then without each rating, then without each answer beside. Shape [B, n].
    """
    of_ratings, of_beside = without_each(len(ratings), limit), without_each(len(beside), limit)
    every = [*ratings, *beside]
    kept = np.concatenate(
        [
            np.hstack([of_ratings, np.tile(of_beside[0], (len(of_ratings), 1))]),
            np.hstack([np.tile(of_ratings[0], (len(of_beside) - 1, 1)), of_beside[1:]]),
        ]
    )
    place = next((at for at, one in enumerate(every) if one.item == next_asked), None)
    if place is None:
        return every, kept
    is_asked = np.array([one.asked for one in every], dtype=np.bool_)
    steps_in = (kept[0] & ~kept & is_asked).any(1)
    asked_now = kept[:, place] & steps_in
    kept[steps_in, place] = False
    return [*every, every[place]._replace(asked=True)], np.column_stack([kept, asked_now])


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
