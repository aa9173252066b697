"""Strong generalisation: users nobody learnt from, of whose likes 80 % are given and 20 % asked.

The protocol of Liang, Krishnan, Hoffman and Jebara, "Variational autoencoders for collaborative
filtering", WWW 2018, whose tables others continue: Recall@20, Recall@50 and nDCG@100 with the
likes that are given left out of the ranking. Likes are the only answers that are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sparse

from model.arrays import Float32Array, Float64Array, Int64Array
from model.baselines.lists import Likes, TunedListBaselines, available_list_baselines
from model.baselines.lists.choice import MANY_LIKES_GRIDS, Given
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset, Ratings
from model.data.signals import is_liked
from model.episodes import RatingsByUser
from model.errors import DatasetError
from model.evaluation.lists.metrics import ndcg_at, recall_at, top_of_scores
from model.evaluation.lists.protocol import ListTrial, split_users
from model.evaluation.lists.run import PARTS, SERVED, recommenders
from model.evaluation.results import Estimate, estimate_over_users
from model.fitting import fit_model
from model.presets import Preset

METRICS = ("recall@20", "recall@50", "ndcg@100")
LIST_LENGTH = 100
GIVEN_SHARE = 4 / 5
FEWEST_LIKES = 5
"""As published: users of fewer likes take no part."""
_HELD_OUT = 600
_FEWEST_TRIALS = 20


@dataclass
class StrongGeneralisation:
    """What an evaluation found.

    Attributes:
        preset: Configuration.
        users: User of each trial, over all seeds.
        values: Model → metric → one value a trial, over all seeds.
        settings: Of the baselines, one a seed.
        seconds: Training times, one a seed.
    """

    preset: Preset
    users: list[int] = field(default_factory=list)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    settings: list[dict[str, dict[str, float]]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def baselines(self) -> tuple[str, ...]:
        """The baselines that were measured."""
        return tuple(name for name in self.values if name not in {SERVED, *PARTS})

    def add(self, model: str, lists: Int64Array, trials: list[ListTrial]) -> None:
        """Add what one model's lists are worth in one seed."""
        kept = self.values.setdefault(model, {})
        for metric, found in measure(lists, trials).items():
            kept.setdefault(metric, []).extend(found.tolist())

    def estimate(self, model: str, metric: str) -> Estimate:
        """Return mean and standard error over the users."""
        return estimate_over_users(self.users, np.array(self.values[model][metric]))

    def difference(self, model: str, other: str, metric: str) -> Estimate:
        """Return the paired difference and its standard error over the users."""
        mine, theirs = (np.array(self.values[one][metric]) for one in (model, other))
        return estimate_over_users(self.users, mine - theirs)

    def best_baseline(self, metric: str) -> str:
        """Name the baseline that is best by a metric."""
        return max(self.baselines, key=lambda name: self.estimate(name, metric).mean)


def measure(lists: Int64Array, trials: list[ListTrial]) -> dict[str, Float64Array]:
    """Measure lists of 100; see `METRICS`.

    Args:
        lists: Best first, shape [users, 100].
        trials: The users.

    Returns:
        Metric → one value a user.
    """
    return {
        "recall@20": recall_at(lists, trials, 20),
        "recall@50": recall_at(lists, trials, 50),
        "ndcg@100": ndcg_at(lists, trials, 100),
    }


def draw_strong_trials(
    dataset: Dataset, ratings: Ratings, users: Int64Array, seed: int
) -> list[ListTrial]:
    """Give 80 % of each user's likes, in a random order, and ask for the rest.

    Args:
        dataset: Knows the scale.
        ratings: Who rated what.
        users: Whom to draw.
        seed: Every draw follows from it.

    Returns:
        The trials, of users with at least five likes; at least one like is asked for.

    Raises:
        DatasetError: If there are too few.
    """
    likes = ratings.where(is_liked(ratings.rating, dataset.scale))
    grouped = RatingsByUser(likes, len(dataset.user_ids)).shuffled(
        np.random.default_rng([seed, 15])
    )
    trials = []
    for user in users[grouped.counts[users] >= FEWEST_LIKES].tolist():
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        given = int(GIVEN_SHARE * len(items))
        pairs = tuple(zip(items[:given].tolist(), stars[:given].tolist(), strict=True))
        trials.append(ListTrial(user, pairs, items[given:], np.empty(0, dtype=np.int64)))
    most_given = max((len(trial.given) for trial in trials), default=0)
    if len(dataset.item_ids) - most_given < LIST_LENGTH:
        raise DatasetError(
            f"lists of {LIST_LENGTH} can't be made of {len(dataset.item_ids)} items, of which up "
            f"to {most_given} are given."
        )
    if len(trials) < _FEWEST_TRIALS:
        raise DatasetError(
            f"only {len(trials)} of the users have {FEWEST_LIKES} likes; this data set is too "
            "sparse to measure lists."
        )
    return trials


def evaluate_strong_generalisation(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    baselines: Iterable[str] | None = None,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> StrongGeneralisation:
    """Train once a seed and measure lists for new users beside the baselines'.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each draws its own new users, the likes that are given, and initial weights.
        baselines: Which baselines to tune and measure; all that can be fitted here if None.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data set is too sparse.
    """
    evaluation = StrongGeneralisation(preset)
    names = available_list_baselines() if baselines is None else tuple(baselines)
    for seed in seeds:
        warm, new = split_users(dataset.ratings, seed)
        trials = draw_strong_trials(dataset, dataset.ratings, new, seed)
        # Whatever is fitted gets no hold of any other rating.
        learnable = replace(dataset, ratings=dataset.ratings.of_users(warm))
        evaluation.users += [trial.user for trial in trials]
        on_stage(f"seed {seed}: baselines for {len(trials)} new users")
        tuned = _tuned(learnable, warm, names, seed)
        evaluation.settings.append(
            {name: found[str(_SIZE)] for name, found in tuned.settings().items()}
        )
        scores = tuned.scores(Likes.of(learnable, learnable.ratings), _given(trials, dataset))
        for name, of_size in scores.items():
            evaluation.add(name, _top(of_size[_SIZE], trials), trials)
        on_stage(f"seed {seed}: preset {preset.name}")
        fitted = fit_model(learnable, preset, seed=seed, on_epoch=on_epoch)
        evaluation.seconds.append(fitted.report.seconds)
        on_stage(f"seed {seed}: measuring")
        for name, recommend in recommenders(fitted, dataset, length=LIST_LENGTH).items():
            lists = np.stack([recommend(trial, len(trial.given)) for trial in trials])
            evaluation.add(name, lists, trials)
    return evaluation


_SIZE = 0
"""Stands where baselines ask for a number of answers: here each user gives another number."""


def _tuned(
    dataset: Dataset, warm: Int64Array, names: tuple[str, ...], seed: int
) -> TunedListBaselines:
    """Choose every baseline's settings by nDCG@100 on held-out warm users."""
    held_out = np.random.default_rng([seed, 9]).permutation(warm)[: min(_HELD_OUT, len(warm) // 5)]
    asked = draw_strong_trials(dataset, dataset.ratings, held_out, seed)
    others = dataset.ratings.where(~np.isin(dataset.ratings.user_index, held_out))

    def judge(scores: Float32Array, _size: int) -> Float64Array:
        return ndcg_at(_top(scores, asked), asked, LIST_LENGTH)

    return TunedListBaselines.choose(
        Likes.of(dataset, others), _given(asked, dataset), judge, names, MANY_LIKES_GRIDS
    )


def _top(scores: Float32Array, trials: list[ListTrial]) -> Int64Array:
    return top_of_scores(scores, trials, None, LIST_LENGTH)


def _given(trials: list[ListTrial], dataset: Dataset) -> Given:
    """Lay out the likes that are given, as baselines read them."""
    rows = np.repeat(np.arange(len(trials)), [len(trial.given) for trial in trials])
    columns = [item for trial in trials for item, _ in trial.given]
    ones = np.ones(len(columns), dtype=np.float32)
    likes = sparse.csr_matrix((ones, (rows, columns)), (len(trials), len(dataset.item_ids)))
    return Given(np.array([trial.user for trial in trials], dtype=np.int64), {_SIZE: likes})
