"""A list of questions that is the same for everybody, chosen by what its answers brought.

One item after the other is added to the list: the one that, with the answers of users whose answers
are known, makes most of nDCG@20 of their lists less the mean absolute error of their predicted
ratings (of one of both where there is only one), on what was held out of each. What an item brought
when it was last looked at bounds what it will bring, roughly: only the best by that are looked at
again (Minoux, "Accelerated Greedy Algorithms", 1978).

Dimensions: C candidates, I items that lists are made of, M members, W width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.adaptation import Adaptation
from model.answers import Answer, Kind, rated
from model.arrays import Float32Array, Float64Array, Int64Array
from model.evaluation.onboarding.protocol import OnboardingTrial
from model.metrics import discounts

_LIST = 20
_LOOKED_AT = 16


def greedy_list(
    adaptation: Adaptation,
    trials: Sequence[OnboardingTrial],
    candidates: Int64Array,
    length: int,
    *,
    looked_at: int = _LOOKED_AT,
) -> Int64Array:
    """Choose a list.

    Args:
        adaptation: Runs the local updates.
        trials: Users who are not measured with the list afterwards.
        candidates: Items to choose from, shape [C].
        length: How many.
        looked_at: How many of them are looked at again for each place of the list.

    Returns:
        The items, in the order in which they were added.
    """
    asked = [_Asked(adaptation, trial) for trial in trials]
    bound = np.full(len(candidates), np.inf)
    chosen: list[int] = []
    for _ in range(min(length, len(candidates))):
        # The first time all are looked at.
        few = len(bound) if np.isinf(bound).any() else looked_at
        look = np.argsort(-bound, kind="stable")[:few]
        look = look[bound[look] > -np.inf]
        bound[look] = np.mean([one.brings(candidates[look]) for one in asked], axis=0)
        pick = int(look[np.argmax(bound[look])])
        chosen.append(int(candidates[pick]))
        bound[pick] = -np.inf
        for one in asked:
            one.answer(chosen[-1])
    return np.array(chosen, dtype=np.int64)


class _Asked:
    """A user who answers one question after the other."""

    def __init__(self, adaptation: Adaptation, trial: OnboardingTrial) -> None:
        self._adaptation = adaptation
        self._trial = trial
        self._given: list[Answer] = []
        self._slots = adaptation.slots(trial.attributes)
        self._gains = discounts(_LIST)
        self._ideal = float(self._gains[: min(_LIST, len(trial.targets))].sum())

    def answer(self, item: int) -> None:
        """Answer a question; of what is held out nothing is asked."""
        if item not in self._trial.held_out:
            self._given += self._trial.answers([item])

    def brings(self, items: Int64Array) -> Float64Array:
        """Tell what the answer to each brings, shape [C]."""
        answers = self._trial.answers(items.tolist())
        found = np.zeros(len(items))
        if self._adaptation.relevance is not None:
            found += self._list_quality(items, answers)
            found -= self._list_quality(items[:0], [])
        if self._adaptation.estimator is not None:
            error = self._errors(answers)
            found -= error[1:] - error[0]
        found[np.isin(items, self._trial.held_out)] = 0
        return found

    def _list_quality(self, items: Int64Array, answers: Sequence[Answer]) -> Float64Array:
        """nDCG@20 after each answer, shape [C]; without any, as it is, shape [1]."""
        relevance = self._adaptation.relevance
        assert relevance is not None  # noqa: S101 - asked for only then
        support = relevance.support_sums(self._given)
        if not len(items):
            return self._judged(relevance.updated([self._slots], support))
        entry, output = relevance.entry_and_output(items)
        entry = entry.reshape(len(items), relevance.members, -1).transpose(1, 0, 2)
        output = output.reshape(len(items), relevance.members, -1).transpose(1, 0, 2)
        kinds = np.array([one.kind for one in answers])
        found = np.zeros(len(items))
        for kind in Kind:
            which = np.flatnonzero(kinds == kind)
            if len(which):
                sums = support.with_one_more(entry[:, which], output[:, which], kind)
                found[which] = self._judged(relevance.updated([self._slots], sums))
        return found

    def _judged(self, vectors: Float32Array) -> Float64Array:
        """nDCG@20 of the lists by members' vectors, shape [M, C, W + 1], or with 1 for C."""
        relevance, trial = self._adaptation.relevance, self._trial
        assert relevance is not None  # noqa: S101 - asked for only then
        among = np.setdiff1d(
            np.union1d(relevance.most_rated, trial.held_out), np.array(sorted(trial.known))
        )
        output = relevance.output(among)
        logits = vectors.transpose(1, 0, 2).reshape(vectors.shape[1], -1) @ output.T
        length = min(_LIST, len(among))
        top = np.argpartition(-logits, length - 1, axis=1)[:, :length]
        order = np.argsort(-np.take_along_axis(logits, top, axis=1), axis=1, kind="stable")
        hits = np.isin(among[np.take_along_axis(top, order, axis=1)], trial.targets)
        found: Float64Array = (hits @ self._gains[:length]) / self._ideal
        return found

    def _errors(self, answers: Sequence[Answer]) -> Float64Array:
        """Mean absolute error without, and after each answer, shape [1 + C]."""
        estimator, trial = self._adaptation.estimator, self._trial
        assert estimator is not None  # noqa: S101 - asked for only then
        before, known = rated(self._given), rated(answers)
        kept = np.ones((1 + len(known), len(before) + len(known)), dtype=np.float32)
        kept[:, len(before) :] = np.eye(1 + len(known), dtype=np.float32)[:, 1:]
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = estimator.score_ablations(
                self._slots, [*before, *known], kept, trial.held_out
            ).clip(*self._adaptation.scale)
        error = np.abs(predicted - trial.ratings).mean(1).astype(np.float64)
        # Who does not know an item learns nothing of ratings.
        row = np.cumsum([one.rating is not None for one in answers])
        found = np.full(1 + len(answers), error[0])
        for place, one in enumerate(answers):
            if one.rating is not None:
                found[place + 1] = error[row[place]]
        return found
