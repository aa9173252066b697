"""Hit metrics over the whole catalogue: does a query item that the user likes come up?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.baselines import Baselines
from model.data.dataset import Dataset
from model.data.signals import is_liked
from model.episodes import Episodes, PaddedRatings
from model.estimator import Estimator
from model.metrics import catalogue_hits

Score = Callable[[Episodes], Mapping[str, Tensor]]

LIST_LENGTH = 20
RECALL, NDCG = f"recall@{LIST_LENGTH}", f"ndcg@{LIST_LENGTH}"
SAMPLE = 300
_CHUNK = 32


def measure_catalogue(
    score: Score, dataset: Dataset, episodes: Episodes, random: np.random.Generator
) -> dict[str, dict[str, Tensor]]:
    """Rank all items that are not in the support set, for a sample of at most 300 episodes.

    Args:
        score: Episodes → model → every item's score, shape [B, items].
        dataset: The data set.
        episodes: The episodes of a state.
        random: Draws the sample; the same for every model.

    Returns:
        Model → metric → one value an episode, not a number outside the sample and where the user
        likes none of the query items.
    """
    count = len(episodes.user_index)
    sample = np.sort(random.permutation(count)[:SAMPLE])
    found: dict[str, dict[str, Tensor]] = {}
    for start in range(0, len(sample), _CHUNK):
        rows = sample[start : start + _CHUNK]
        chunk = episodes.rows(rows)
        liked = torch.from_numpy(is_liked(chunk.query_set.rating.numpy(), dataset.scale))
        candidate = torch.ones(len(rows), len(dataset.item_ids), dtype=torch.bool)
        episode, place = chunk.support_set.mask.nonzero(as_tuple=True)
        given = torch.from_numpy(chunk.support_set.item_index)[episode, place]
        candidate[episode, given] = False
        for model, scores in score(chunk).items():
            query = torch.from_numpy(chunk.query_set.item_index)
            hits = catalogue_hits(scores, candidate, query, liked, LIST_LENGTH)
            kept = found.setdefault(
                model, {name: torch.full((count,), torch.nan).double() for name in (RECALL, NDCG)}
            )
            kept[RECALL][rows], kept[NDCG][rows] = hits
    return found


def baseline_scores(baselines: Baselines, items: int) -> Score:
    """Score the catalogue by predicting query sets that hold all of it."""

    def score(episodes: Episodes) -> Mapping[str, Tensor]:
        size = (len(episodes.user_index), items)
        everything = PaddedRatings(
            np.tile(np.arange(items), (size[0], 1)), torch.zeros(size), torch.ones(size)
        )
        return baselines.predict(
            Episodes(
                episodes.user_index,
                episodes.support_set,
                everything,
                episodes.support_in_training,
            )
        )

    return score


def preset_scores(estimator: Estimator, dataset: Dataset, adapted: str, unadapted: str) -> Score:
    """Score the catalogue as the service does: adapt to one user, then score.

    Args:
        estimator: The estimator.
        dataset: Holds the users' features.
        adapted: Name of the model that has seen the support set.
        unadapted: Name of the model that has not.

    Returns:
        The scoring function.
    """

    def score(episodes: Episodes) -> Mapping[str, Tensor]:
        names = estimator.user_space.names
        attributes = (
            dataset.user_features.select(names)[episodes.user_index].to_dicts()
            if names
            else [{} for _ in episodes.user_index]
        )
        slots = map(estimator.user_space.slots, attributes)
        users = list(zip(slots, _support_pairs(episodes.support_set), strict=True))
        return {
            adapted: _stack(
                estimator.items.score(estimator.adapt(mine, pairs)) for mine, pairs in users
            ),
            unadapted: _stack(
                estimator.items.score(estimator.adapt(mine, [])) for mine, _ in users
            ),
        }

    return score


def _support_pairs(support_set: PaddedRatings) -> list[list[tuple[int, float]]]:
    lengths = support_set.mask.sum(-1).int().tolist()
    items, ratings = support_set.item_index.tolist(), support_set.rating.tolist()
    return [
        list(zip(i[:length], r[:length], strict=True))
        for i, r, length in zip(items, ratings, lengths, strict=True)
    ]


def _stack(scores: Iterable[npt.NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(list(scores)))
