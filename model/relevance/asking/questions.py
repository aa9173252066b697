"""What to ask next: the item whose answer is expected to improve this user's list most.

An item that is asked about is known with a chance (`AnswerNetwork.familiarity`) and, if so, liked,
disliked, or neither, as its predicted rating tells; or it is not known. Each outcome o of the
question c moves the user's own vector from ū to ū(c, o), and is worth what the best list by that
vector has more than the list there is,

    gain(c) = Σ_o P(o) [ V(best list by ū(c, o)) − V(list by ū) ],

with V in expected likes, as `model.relevance.asking.list_value` tells. Only the most familiar items
are looked at: those who are asked what they don't know answer little.

Where it is known how unsure predicted ratings are, an answer is worth what it tells of them too.
Which candidate comes first by both, and what after it, `model.relevance.asking.screen` tells.

Dimensions: C candidates, O outcomes, M members, T items of the user's list, W width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from model.answers import Answer, Kind, SupportSet, answers
from model.arrays import Float32Array, Float64Array, Int64Array
from model.data.signals import DISLIKED, LIKED
from model.features import Slots
from model.ranking import best, best_ascending
from model.rating_uncertainty import RatingUncertainty
from model.relevance.adapted_user import RelevanceUser
from model.relevance.answer_network import rate_logits
from model.relevance.asking.groups import on_the_sphere
from model.relevance.asking.list_value import ListValue
from model.relevance.asking.screen import (
    FAMILIAR,
    FAMILIAR_WITH_RATINGS,
    RatingsTold,
    choose_jointly,
)
from model.relevance.model import RelevanceModel
from model.relevance.serving.support_sums import SupportSums

POOL = 2_000
"""Live items that may be asked about, beside the bundled ones that most users rated."""
_PREDICTED = 400
"""The most familiar items, whose predicted ratings answers are to make surer."""
_MOST_CANDIDATES = 64
_ERROR = 0.24
"""Standard deviation of a rating about its prediction, in widths of the scale.

.95 on a scale of 1 to 5, as predictions for new users err.
"""
_HALF_STEP = 0.125
"""Between a rating that is a like and the next lower one, in widths of the scale."""

Predict = Callable[[Int64Array], Float32Array]
Unsure = Callable[[Int64Array, Int64Array], RatingUncertainty | None]
"""Candidates and predicted items → how unsure their ratings are."""


@dataclass(frozen=True)
class Questions:
    """What to ask, best first.

    Attributes:
        items: Internal item indices, shape [n].
        familiarity: How likely the user knows each, shape [n].
        gain: What its answer is expected to bring, in discounted likes of a list of 20, after the
            answers to those before it; 0 where it was not computed. Shape [n].
        most_gain: The largest gain of any candidate by itself: what one more answer can bring for
            the list. What is asked first may have less, where it makes predicted ratings surer.
    """

    items: Int64Array
    familiarity: Float32Array
    gain: Float32Array
    most_gain: float = 0.0

    def first(self, count: int) -> Questions:
        """Return the first questions."""
        return Questions(
            self.items[:count], self.familiarity[:count], self.gain[:count], self.most_gain
        )


def familiarity(model: RelevanceModel, support: SupportSums, items: Int64Array) -> Float32Array:
    """Tell how likely a user knows items.

    Args:
        model: θ.
        support: What the user answered, B = 1.
        items: Internal item indices.

    Returns:
        Chances, the mean of the members', shape [items].
    """
    weights = model.theta.known(support, support.sizes)[:, 0]
    output = model.output(items)
    own = np.einsum("imw,mw->mi", output.reshape(len(items), model.members, -1), weights[:, :-1])
    raters = model.vectors.take(items, lambda table, rows: table.ratings[rows])
    rate = rate_logits(raters, model.learnt.users)
    logits = own + weights[:, -1:] + model.theta.rate_weight[:, None] * rate
    found: Float32Array = expit(logits).mean(0)
    return found


def choose_questions(
    model: RelevanceModel,
    slots: Slots,
    given: SupportSet,
    user: RelevanceUser,
    limit: int,
    *,
    among: Int64Array,
    unlisted: Int64Array,
    predict: Predict | None,
    unsure: Unsure | None = None,
) -> Questions:
    """Choose what to ask a user.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        given: What the user answered.
        user: What `RelevanceModel.adapt` returned for that.
        limit: Most questions.
        among: Items that may be asked about, at best those of `question_pool`.
        unlisted: Items that no list holds, beside those answered.
        predict: Predicts the user's ratings of items; None where an item that is known is liked.
        unsure: Tells how unsure predicted ratings are; None where lists alone count.

    Returns:
        The questions; the first ones are chosen by their gain, what is beyond a screen or two by
        familiarity.
    """
    if not len(among):
        return Questions(among, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
    support = model.support_sums(given)
    pool = question_pool(model)
    familiar = familiarity(model, support, pool)
    place = np.minimum(np.searchsorted(pool, among), len(pool) - 1)
    is_usual = bool((pool[place] == among).all())
    known = familiar[place] if is_usual else familiarity(model, support, among)
    window = FAMILIAR if unsure is None else FAMILIAR_WITH_RATINGS
    order = best(known, min(len(known), max(limit, min(window + limit - 1, _MOST_CANDIDATES))))
    candidates, known = among[order], known[order]
    looked_at = min(len(candidates), _MOST_CANDIDATES)
    chances = _outcomes(model, known[:looked_at], candidates[:looked_at], predict)
    worth, displaced = _what_ifs(
        model,
        slots,
        support,
        user,
        left_out_of_list(model, given, unlisted),
        candidates[:looked_at],
        chances,
    )
    ratings = None
    if unsure is not None:
        often = best(familiar, _PREDICTED)
        uncertainty = unsure(candidates[:looked_at], pool[often])
        if uncertainty is not None:
            weights = familiar[often].astype(np.float64)
            ratings = RatingsTold(uncertainty, known[:looked_at], weights)
    chosen, gain = choose_jointly(worth, displaced, min(limit, looked_at), ratings)
    rest = np.setdiff1d(np.arange(len(candidates)), chosen)[: limit - len(chosen)]
    picked = np.concatenate([chosen, rest])
    gains = np.concatenate([gain, np.zeros(len(rest))]).astype(np.float32)
    # Of those that a single question would be chosen from, so that a longer screen tells the same.
    most = np.nan_to_num(worth[:window], nan=0, posinf=0, neginf=0).max(initial=0)
    return Questions(candidates[picked], known[picked], gains, float(most))


def weigh_questions(
    model: RelevanceModel,
    slots: Slots,
    given: SupportSet,
    user: RelevanceUser,
    items: Int64Array,
    *,
    unlisted: Int64Array,
    predict: Predict | None,
) -> Questions:
    """Tell how much single questions are worth, each by itself; see `choose_questions`.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        given: What the user answered.
        user: What `RelevanceModel.adapt` returned for that.
        items: What is asked about.
        unlisted: Items that no list holds, beside those answered.
        predict: Predicts the user's ratings of items; None where an item that is known is liked.

    Returns:
        The questions in the same order, of which the first are weighed.
    """
    gain = np.zeros(len(items), dtype=np.float32)
    if not len(items):
        return Questions(items, gain, gain)
    support = model.support_sums(given)
    known = familiarity(model, support, items)
    first = items[:_MOST_CANDIDATES]
    chances = _outcomes(model, known[:_MOST_CANDIDATES], first, predict)
    left_out = left_out_of_list(model, given, unlisted)
    found, _ = _what_ifs(model, slots, support, user, left_out, first, chances)
    gain[: len(first)] = np.nan_to_num(found, nan=0, posinf=0, neginf=0)
    return Questions(items, known, gain)


def realised_gain(
    model: RelevanceModel,
    slots: Slots,
    given: SupportSet,
    user: RelevanceUser,
    answer: Answer,
    unlisted: Int64Array,
) -> float:
    """Tell what an answer brought, by the copy that it was given to; see the module.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        given: What the user answered before.
        user: What `RelevanceModel.adapt` returned for that.
        answer: The answer.
        unlisted: Items that no list holds, beside those answered.

    Returns:
        Its value, in the units of `Questions.gain`.
    """
    items = np.array([answer.item], dtype=np.int64)
    certain = {answer.kind: np.ones(1, dtype=np.float32)}
    left_out = left_out_of_list(model, given, unlisted)
    gain, _ = _what_ifs(model, slots, model.support_sums(given), user, left_out, items, certain)
    return float(gain[0])


def question_pool(model: RelevanceModel) -> Int64Array:
    """Return the items that users are asked about, in ascending order.

    Args:
        model: θ.

    Returns:
        Of the bundle those that most users rated; of the live ones the newest.
    """
    vectors = model.vectors
    live = np.arange(max(vectors.bundled_count, len(vectors) - POOL), len(vectors))
    return np.concatenate([model.most_rated, live]) if len(live) else model.most_rated


def near(model: RelevanceModel, item: int, among: Int64Array, count: int) -> Int64Array:
    """Return the items that are most alike one.

    Args:
        model: θ.
        item: Internal item index.
        among: Items to choose from, in ascending order.
        count: Most items.

    Returns:
        By the cosine of what tastes tell items apart by, in ascending order of index.
    """
    tastes = on_the_sphere(model.tastes(np.append(among, item)))
    alike = tastes[:-1] @ tastes[-1]
    alike[among == item] = -np.inf
    found: Int64Array = among[best_ascending(alike, count)]
    return found


def _outcomes(
    model: RelevanceModel, known: Float32Array, items: Int64Array, predict: Predict | None
) -> dict[Kind, Float32Array]:
    """Tell how likely each answer is, shape [C] each."""
    if predict is None:
        return {Kind.LIKED: known, Kind.UNSEEN: 1 - known}
    low, high = model.scale
    place = (predict(items) - low) / (high - low)
    liked = ndtr((place - (LIKED - _HALF_STEP)) / _ERROR)
    disliked = ndtr(((DISLIKED + _HALF_STEP) - place) / _ERROR)
    return {
        Kind.LIKED: known * liked,
        Kind.DISLIKED: known * disliked,
        Kind.RATED: known * (1 - liked - disliked),
        Kind.UNSEEN: 1 - known,
    }


def left_out_of_list(model: RelevanceModel, given: SupportSet, unlisted: Int64Array) -> Int64Array:
    """Return what a list does not hold, in ascending order; see `choose_questions`."""
    answered = [one.item for one in answers(given, model.scale)]
    return np.union1d(np.array(answered, dtype=np.int64), unlisted)


def _what_ifs(
    model: RelevanceModel,
    slots: Slots,
    support: SupportSums,
    user: RelevanceUser,
    left_out: Int64Array,
    items: Int64Array,
    chances: Mapping[Kind, Float32Array],
) -> tuple[Float64Array, Float32Array]:
    """Answer every candidate in every way.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        support: What the user answered, B = 1.
        user: What `RelevanceModel.adapt` returned for that.
        left_out: Items that the list does not hold, in ascending order.
        items: The candidates, shape [C].
        chances: Outcome → how likely it is for each candidate, O of shape [C].

    Returns:
        Expected gain of each candidate, shape [C], and how its outcomes displace the chances of
        the user's best items, each times the root of its own chance, shape [C, O, T].
    """
    members, count = model.members, len(items)
    value = ListValue(model, user, left_out)
    entry, output = model.entry_and_output(items)
    entry = entry.reshape(count, members, -1).transpose(1, 0, 2)
    output = output.reshape(count, members, -1).transpose(1, 0, 2)
    gain = np.zeros(count)
    displaced = np.empty((count, len(chances), len(value)), dtype=np.float32)
    for at, (kind, chance) in enumerate(chances.items()):
        vectors = model.updated([slots], support.with_one_more(entry, output, kind))
        worth = value.after(vectors, items)
        gain += chance * worth.gain
        displaced[:, at] = worth.displaced * np.sqrt(chance)[:, None]
    return gain, displaced
