"""Which two items to ask "which of these?" about.

Of the pairs of the most familiar items the one is asked whose answer is expected to improve the
list most, as in `model.relevance.asking.questions`; its two outcomes are as likely as
`model.relevance.comparisons` tells, and nothing is learnt where one of the two is not known.

Dimensions: P pairs, M members, W width.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from model.answers import SupportSet
from model.arrays import Float64Array, Int64Array
from model.features import Slots
from model.ranking import best
from model.relevance.adapted_user import RelevanceUser
from model.relevance.asking.list_value import ListValue
from model.relevance.asking.questions import Questions, familiarity, left_out_of_list
from model.relevance.comparisons import RELIABILITY, OfferedVectors
from model.relevance.model import RelevanceModel
from model.relevance.serving.likeliest_vector import likeliest

_FAMILIAR = 10


def choose_pair(
    model: RelevanceModel,
    slots: Slots,
    given: SupportSet,
    user: RelevanceUser,
    *,
    among: Int64Array,
    unlisted: Int64Array,
) -> Questions:
    """Choose two items.

    Args:
        model: θ.
        slots: User feature → slots of the user's values.
        given: What the user answered.
        user: What `RelevanceModel.adapt` returned for that.
        among: Items that may be asked about, in ascending order.
        unlisted: Items that no list holds, beside those answered.

    Returns:
        The two, the likelier one first, each with the gain of their comparison; fewer where there
        are not two.
    """
    support = model.support_sums(given)
    known = familiarity(model, support, among)
    order = best(known, _FAMILIAR)
    items, known = among[order], known[order]
    first, second = np.triu_indices(len(items), 1)
    if not len(first):
        return Questions(items, known, np.zeros(len(items), dtype=np.float32))
    value = ListValue(model, user, left_out_of_list(model, given, unlisted))
    output = model.output(items).reshape(len(items), model.members, -1).transpose(1, 0, 2)
    pairs = np.stack([output[:, first], output[:, second]], axis=2)
    members = np.float32(model.members)
    now = user.weights.reshape(model.members, 1, -1) * members
    apart = np.matmul(now, (pairs[:, :, 0] - pairs[:, :, 1]).transpose(0, 2, 1))[:, 0]
    preferred: Float64Array = expit(apart.astype(np.float64)).mean(0)
    gain = np.zeros(len(first))
    # All pairs at once: each is compared after what was compared before.
    nothing = OfferedVectors(support.asked.output[:, :, :0], support.asked.points[:0])
    start = model.updated([slots], replace(support, asked=nothing, compared=())) * members
    for points, chance in (([1, 0], preferred), ([0, 1], 1 - preferred)):
        offered = OfferedVectors(pairs, np.array(points, dtype=np.float32) * RELIABILITY)
        vectors = likeliest(start, [*support.offered, offered], model.learnt.spread, support.rated)
        gain += chance * value.after(vectors / members).gain
    gain = np.nan_to_num(gain, nan=0, posinf=0, neginf=0) * known[first] * known[second]
    at = int(np.argmax(gain))
    pair = [first[at], second[at]] if preferred[at] >= 1 / 2 else [second[at], first[at]]
    return Questions(items[pair], known[pair], np.full(2, gain[at], dtype=np.float32))
