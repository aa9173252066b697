"""One trial: the episodes of every state, and the ratings that may be learnt from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from model.arrays import Int64Array
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes, PaddedRatings, RatingsByUser, draw_test_episodes
from model.errors import DatasetError
from model.evaluation.states import STATES, ColdSplit

Regime = Literal["T", "A"]

FEWEST_RATINGS, MOST_RATINGS = 13, 100
QUERY_SIZE = 10
FEWEST_EPISODES = 10


@dataclass(frozen=True)
class Trial:
    """What one seed draws.

    Attributes:
        episodes: State → its episodes; a state with too few is missing.
        too_few: State that was left out → how many episodes it would have had.
        training: What may be learnt from.
    """

    episodes: dict[str, Episodes]
    too_few: dict[str, int]
    training: Ratings


def draw_trial(dataset: Dataset, split: ColdSplit, regime: Regime, seed: int) -> Trial:
    """Draw the query sets of all states, and part off what may be learnt from.

    An episode is a user with 13 to 100 ratings in a state: 10 random ones are the query set, the
    rest is the support set. Regime T learns from the support sets of the warm state alone, as
    the MeLU paper does; regime A from all ratings of warm items by warm users except the warm
    query sets.

    Args:
        dataset: The data set.
        split: Which users and items are cold.
        regime: What may be learnt from.
        seed: Every draw follows from it; the episodes are the same in both regimes.

    Returns:
        The trial.

    Raises:
        DatasetError: If no state has enough episodes, or nothing is left to learn from.
    """
    ratings, users = dataset.ratings, len(dataset.user_ids)
    random = np.random.default_rng(seed)
    drawn: dict[str, Episodes] = {}
    for state in STATES:
        grouped = RatingsByUser(ratings.where(split.state(ratings, state)), users)
        chosen = np.flatnonzero(
            (grouped.counts >= FEWEST_RATINGS) & (grouped.counts <= MOST_RATINGS)
        )
        episodes = draw_test_episodes(
            grouped,
            chosen,
            query_size=QUERY_SIZE,
            support_limit=MOST_RATINGS - QUERY_SIZE,
            random=random,
        )
        drawn[state] = replace(episodes, support_in_training=state == "warm")
    counts = {state: len(episodes.user_index) for state, episodes in drawn.items()}
    kept = {state: drawn[state] for state in STATES if counts[state] >= FEWEST_EPISODES}
    if not kept:
        raise DatasetError(
            f"no state has {FEWEST_EPISODES} users with {FEWEST_RATINGS} to {MOST_RATINGS} "
            "ratings, which an episode needs; this data set is too sparse to evaluate on."
        )
    training = _training(ratings, split, regime, drawn["warm"], len(dataset.item_ids))
    if not len(training):
        raise DatasetError(
            f"the split leaves no rating to learn from in regime {regime}; "
            "make fewer users and items cold, or take --regime A."
        )
    too_few = {state: counts[state] for state in STATES if state not in kept}
    return Trial(kept, too_few, training)


def _training(
    ratings: Ratings, split: ColdSplit, regime: Regime, warm: Episodes, items: int
) -> Ratings:
    key = ratings.user_index * items + ratings.item_index
    if regime == "T":
        return ratings.where(np.isin(key, _keys(warm.user_index, warm.support_set, items)))
    held_out = np.isin(key, _keys(warm.user_index, warm.query_set, items))
    return ratings.where(split.state(ratings, "warm") & ~held_out)


def _keys(user_index: Int64Array, padded: PaddedRatings, items: int) -> Int64Array:
    """One number a (user, item) pair of real places."""
    keys: Int64Array = (user_index[:, None] * items + padded.item_index)[padded.mask.numpy() > 0]
    return keys
