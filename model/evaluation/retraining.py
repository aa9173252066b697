"""What retraining is worth: users who come later, served by θ of today and by θ of the beginning.

Users are ordered by their first rating. The first of them are there when it begins; the others
arrive slice by slice. The users of a slice are new to every model: each has learnt from what was
rated before the slice begins, or, frozen, before the first one did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset, Ratings
from model.data.signals import is_liked
from model.errors import DatasetError
from model.evaluation.comparison import estimate
from model.evaluation.lists.metrics import measure_lists, top_of_scores
from model.evaluation.lists.protocol import PROTOCOLS, ListProtocol, ListTrial, draw_trials
from model.evaluation.lists.run import SERVED, recommenders
from model.evaluation.results import Estimate
from model.fitting import FittedModel, fit_model
from model.presets import Preset
from model.start import Start

FROZEN, ANEW, ON = "frozen", "anew", "on"
POPULARITY = "popularity"
PROTOCOL = PROTOCOLS[10]


@dataclass(frozen=True)
class Slice:
    """One part of time.

    Attributes:
        begins_at: When it begins, in seconds since the epoch.
        ratings: How many ratings there were before.
        users: How many of its new users are judged.
        ndcg: Model → number of answers → nDCG@20, one value a user.
        seconds: Model → training time.
    """

    begins_at: float
    ratings: int
    users: int
    ndcg: dict[str, dict[int, Float64Array]]
    seconds: dict[str, float]

    def of(self, model: str, sizes: Sequence[int]) -> Float64Array:
        """Return each user's mean over some numbers of answers."""
        mean: Float64Array = np.mean([self.ndcg[model][size] for size in sizes], axis=0)
        return mean


@dataclass
class RetrainingEvaluation:
    """What an evaluation of retraining found.

    Attributes:
        protocol: The numbers of answers.
        preset: Configuration.
        slices: In the order of time.
    """

    protocol: ListProtocol
    preset: Preset
    slices: list[Slice] = field(default_factory=list)

    def estimate(self, model: str, part: Slice) -> Estimate:
        """Return a model's nDCG@20 in one slice, mean over users and numbers of answers."""
        return estimate(part.of(model, self.protocol.sizes))

    def difference(
        self, model: str, parts: Sequence[Slice], sizes: Sequence[int] | None = None
    ) -> Estimate:
        """Return what a model has more than the frozen one, paired over the users of slices."""
        chosen = self.protocol.sizes if sizes is None else sizes
        found = [part.of(model, chosen) - part.of(FROZEN, chosen) for part in parts]
        return estimate(np.concatenate(found))


def evaluate_retraining(
    dataset: Dataset,
    preset: Preset,
    *,
    slices: int,
    history: float,
    seed: int,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> RetrainingEvaluation:
    """Train slice by slice, and measure the lists of each slice's new users.

    Args:
        dataset: The data set, with times.
        preset: What to train.
        slices: How many parts of equally many new users.
        history: Share of the users who are there when it begins.
        seed: Every draw follows from it.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results: `frozen`, trained once; `anew`, trained with random weights for each slice;
        `on`, which begins with what it learnt for the slice before; and what is popular by then.

    Raises:
        DatasetError: If the data have no times, or are too few.
    """
    times = dataset.ratings.at
    if times is None:
        raise DatasetError(
            f"{dataset.description.name} has no times; name the column by `timestamp` in [ratings] "
            "of its dataset.toml."
        )
    evaluation = RetrainingEvaluation(PROTOCOL, preset)
    arrival = np.full(len(dataset.user_ids), np.inf)
    np.minimum.at(arrival, dataset.ratings.user_index, times)
    users = np.argsort(arrival, kind="stable")[: int(np.isfinite(arrival).sum())]
    later = users[int(history * len(users)) :]
    frozen: FittedModel | None = None
    before: FittedModel | None = None
    for number, new in enumerate(np.array_split(later, slices)):
        begins_at = float(arrival[new].min())
        known = dataset.ratings.where(times < begins_at)
        learnable = replace(dataset, ratings=known)
        trials = draw_trials(dataset, dataset.ratings, np.sort(new), PROTOCOL, seed)
        on_stage(f"slice {number + 1} of {slices}: {len(known):,} ratings, {len(trials)} new users")

        def train(start: Start | None, learnable: Dataset = learnable) -> FittedModel:
            return fit_model(
                learnable,
                preset,
                seed=seed,
                on_epoch=on_epoch,
                start=start,
                same_validation_users=True,
            )

        if frozen is None or before is None:
            frozen = anew = on = train(None)
        else:
            anew = train(None)
            items = np.arange(len(dataset.item_ids))
            on = train(Start("the slice before", before.estimator, before.relevance, items))
        before = on
        models = {FROZEN: frozen, ANEW: anew, ON: on}
        ndcg = {name: _lists(one, dataset, trials) for name, one in models.items()}
        ndcg[POPULARITY] = _popularity(dataset, known, trials)
        seconds = {name: one.report.seconds for name, one in models.items()}
        evaluation.slices.append(Slice(begins_at, len(known), len(trials), ndcg, seconds))
    return evaluation


def _lists(
    fitted: FittedModel, dataset: Dataset, trials: list[ListTrial]
) -> dict[int, Float64Array]:
    found = recommenders(fitted, dataset)
    recommend = found.get(SERVED) or found["rating"]
    return {
        size: _ndcg(np.stack([recommend(trial, size) for trial in trials]), dataset, trials)
        for size in PROTOCOL.sizes
    }


def _popularity(
    dataset: Dataset, known: Ratings, trials: list[ListTrial]
) -> dict[int, Float64Array]:
    liked = known.item_index[is_liked(known.rating, dataset.scale)]
    likes: Float32Array = np.bincount(liked, minlength=len(dataset.item_ids)).astype(np.float32)
    return {
        size: _ndcg(top_of_scores(np.tile(likes, (len(trials), 1)), trials, size), dataset, trials)
        for size in PROTOCOL.sizes
    }


def _ndcg(lists: Int64Array, dataset: Dataset, trials: list[ListTrial]) -> Float64Array:
    return measure_lists(lists, trials, np.zeros(len(dataset.item_ids))).ndcg
