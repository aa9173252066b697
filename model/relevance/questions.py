"""What to ask next: the item whose answer is expected to improve this user's list most.

An item that is asked about is known with a chance (`AnswerNetwork.familiarity`) and, if so, liked,
disliked, or neither, as its predicted rating tells; or it is not known. Each outcome o of the
question c moves the user's own vector from ū to ū(c, o), and is worth what the best list by that
vector has more than the list there is,

    gain(c) = Σ_o P(o) [ V(best list by ū(c, o)) − V(list by ū) ],

with V in expected likes, as `model.relevance.list_value` tells. Only the most familiar items are
looked at: those who are asked what they don't know answer little.

The items of one screen are chosen together: what the answers to the first would tell is no longer
to be learnt from the second. Each outcome displaces the chances of the user's best items; of a
candidate's displacements, the part that lies in the span of those chosen before is not counted.

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
from model.ranking import best
from model.relevance.answer_network import rate_logits
from model.relevance.groups import on_the_sphere
from model.relevance.list_value import ListValue
from model.relevance.model import RelevanceModel, RelevanceUser
from model.relevance.serving import SupportSums, read_answers

POOL = 2_000
"""Live items that may be asked about, beside the bundled ones that most users rated."""
FAMILIAR = 15
"""Candidates beside those that were chosen before for the same screen."""
_MOST_CANDIDATES = 64
_ERROR = 0.24
"""Standard deviation of a rating about its prediction, in widths of the scale.

.95 on a scale of 1 to 5, as predictions for new users err.
"""
_HALF_STEP = 0.125
"""Between a rating that is a like and the next lower one, in widths of the scale."""
_NOISE = 0.01
"""Share of the energy of a pick's largest displacement at which a smaller one counts half."""
_TINY = float(np.finfo(np.float64).tiny)

Predict = Callable[[Int64Array], Float32Array]


@dataclass(frozen=True)
class Questions:
    """What to ask, best first.

    Attributes:
        items: Internal item indices, shape [n].
        familiarity: How likely the user knows each, shape [n].
        gain: What its answer is expected to bring, in discounted likes of a list of 20, after the
            answers to those before it; 0 where it was not computed. Shape [n].
    """

    items: Int64Array
    familiarity: Float32Array
    gain: Float32Array

    def first(self, count: int) -> Questions:
        """Return the first questions."""
        return Questions(self.items[:count], self.familiarity[:count], self.gain[:count])


def familiarity(model: RelevanceModel, support: SupportSums, items: Int64Array) -> Float32Array:
    """Tell how likely a user knows items.

    Args:
        model: θ.
        support: What the user answered, B = 1.
        items: Internal item indices.

    Returns:
        Chances, the mean of the members', shape [items].
    """
    weights = model.theta.known(read_answers(support))[:, 0]
    _, output = model.entry_and_output(items)
    own = np.einsum("imw,mw->mi", output.reshape(len(items), model.members, -1), weights[:, :-1])
    raters = model.vectors.take(items, lambda table, rows: table.ratings[rows])
    rate = rate_logits(raters, model.learnt.users)
    logits = own + weights[:, -1:] + model.theta.rate_weight[:, None] * rate
    found: Float32Array = expit(logits).mean(0)
    return found


def choose_questions(
    model: RelevanceModel,
    slots: Mapping[str, list[int]],
    given: SupportSet,
    user: RelevanceUser,
    limit: int,
    *,
    among: Int64Array,
    unlisted: Int64Array,
    predict: Predict | None,
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

    Returns:
        The questions; the first ones are chosen by their gain, what is beyond a screen or two by
        familiarity.
    """
    if not len(among):
        return Questions(among, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
    support = model.support_sums(given)
    known = familiarity(model, support, among)
    order = best(known, min(len(known), max(limit, min(FAMILIAR + limit - 1, _MOST_CANDIDATES))))
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
    chosen, gain = _jointly(worth, displaced, min(limit, looked_at))
    rest = np.setdiff1d(np.arange(len(candidates)), chosen)[: limit - len(chosen)]
    picked = np.concatenate([chosen, rest])
    gains = np.concatenate([gain, np.zeros(len(rest))]).astype(np.float32)
    return Questions(candidates[picked], known[picked], gains)


def weigh_questions(
    model: RelevanceModel,
    slots: Mapping[str, list[int]],
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
    slots: Mapping[str, list[int]],
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
    found: Int64Array = among[np.sort(best(alike, count))]
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
    slots: Mapping[str, list[int]],
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
        vectors = model.updated(slots, support.with_one_more(entry, output, kind))
        worth = value.after(vectors, items)
        gain += chance * worth.gain
        displaced[:, at] = worth.displaced * np.sqrt(chance)[:, None]
    return gain, displaced


def _jointly(
    gain: Float64Array, displaced: Float32Array, limit: int
) -> tuple[Int64Array, Float64Array]:
    """Choose one after the other, each for what those before it leave to be learnt.

    Args:
        gain: Of each candidate by itself, the most familiar first, shape [C].
        displaced: What `_what_ifs` returned, shape [C, O, T].
        limit: How many to choose.

    Returns:
        Places of the chosen candidates, and the gain of each after those before it.
    """
    # Weights beyond all measure tell nothing of what to ask.
    left = np.nan_to_num(displaced, nan=0, posinf=0, neginf=0).astype(np.float64)
    gain = np.nan_to_num(gain, nan=0, posinf=0, neginf=0)
    energy = np.square(left).sum((1, 2))
    free = np.ones(len(gain), dtype=np.bool_)
    chosen: list[int] = []
    gains: list[float] = []
    for _ in range(limit):
        share = np.square(left).sum((1, 2)) / np.maximum(energy, _TINY)
        value = np.where(free, gain * share, -np.inf)
        # A window of the most familiar that are left: as if one was asked after the other.
        window = np.flatnonzero(free)[:FAMILIAR]
        pick = int(window[np.argmax(value[window])])
        chosen.append(pick)
        gains.append(float(value[pick]))
        free[pick] = False
        _, size, directions = np.linalg.svd(left[pick], full_matrices=False)
        # Directions in which a pick hardly displaces anything are rounding, and tell nothing.
        told = np.square(size) / np.maximum(np.square(size) + _NOISE * size[0] ** 2, _TINY)
        left = left - (left @ directions.T * told) @ directions
    return np.array(chosen, dtype=np.int64), np.array(gains)
