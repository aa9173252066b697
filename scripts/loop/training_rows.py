"""Feedback as a table of ratings or interactions has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from app.services.feedback_meanings import FeedbackMeanings
from app.store.records import Feedback
from model.answers import Kind
from model.data.signals import LIKED

_BETWEEN = "/"
_KEY = "__value__"
OF_NO_SUCH_ITEM, OF_ERASED = "on an item that there is not", "of an erased user"
_COMPARISON, _OFF_THE_SCALE = "a comparison", "a rating off the scale"


@dataclass(frozen=True)
class TrainingRows:
    """What of the feedback training can read.

    Attributes:
        rows: `user_id`, `item_id`, `value` and `at`. The value is a rating on the data set's
            scale; of data without ratings it tells how many interactions the row counts as.
        against: `user_id` and `item_id` of what speaks against an item, in data without ratings:
            no interaction says so, and those before it do not count any more.
        left_out: Why → how many pieces of feedback.
    """

    rows: pl.DataFrame
    against: pl.DataFrame
    left_out: Counter[str]


def training_rows(
    feedback: pl.DataFrame, meanings: FeedbackMeanings, *, has_ratings: bool
) -> TrainingRows:
    """Read feedback as the service reads it, as far as a table of ratings can hold it.

    Args:
        feedback: As an export has it, see `scripts.loop.exported.FEEDBACK`.
        meanings: What actions tell.
        has_ratings: Whether the data have ratings; else a row is an interaction.

    Returns:
        The rows.
    """
    left_out: Counter[str] = Counter()
    single = feedback.filter(~pl.col("item_id").str.contains(_BETWEEN, literal=True))
    if left := feedback.height - single.height:
        left_out[_COMPARISON] = left
    single = single.with_columns(
        pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in ("rating", "action", "weight")],
            separator=_BETWEEN,
        ).alias(_KEY)
    )
    # There are few different values, however much feedback there is.
    counts = single.group_by(_KEY, "rating", "action", "weight").len()
    values: dict[str, float] = {}
    against = set()
    for key, rating, action, weight, count in counts.iter_rows():
        meaning = meanings.of(Feedback("", action or float(rating), 0, weight))
        told = None if meaning is None else meaning.rating
        kind = None if meaning is None else meaning.kind
        if has_ratings and told is not None:
            values[key] = told
        elif not has_ratings and _speaks_for(told, kind):
            assert meaning is not None  # noqa: S101 - what is None speaks for nothing
            values[key] = meaning.weight
        else:
            if not has_ratings and (told is not None or kind is Kind.DISLIKED):
                against.add(key)
            left_out[_OFF_THE_SCALE if action is None else f"the action {action}"] += count
    value = pl.col(_KEY).replace_strict(values, default=None, return_dtype=pl.Float64)
    return TrainingRows(
        single.with_columns(value=value)
        .drop_nulls("value")
        .sort("at", "user_id", "item_id")
        .select("user_id", "item_id", "value", "at"),
        single.filter(pl.col(_KEY).is_in(list(against))).select("user_id", "item_id"),
        left_out,
    )


def _speaks_for(rating: float | None, kind: Kind | None) -> bool:
    """Whether feedback on data without ratings is an interaction."""
    return kind is Kind.LIKED if rating is None else rating >= LIKED
