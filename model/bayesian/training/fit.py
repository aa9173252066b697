"""Learn θ of the preset `default`: what is known before, then the members side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from model.bayesian.network import BayesianNetwork
from model.bayesian.preset import BayesianPreset
from model.bayesian.rating_scale import to_five_point
from model.bayesian.training.item_features import ItemRows, build_training_rows
from model.bayesian.training.meta_training import train_network
from model.bayesian.training.start import LearntNetworks
from model.bundle.reports import EpochReport, TrainingReport
from model.content.bias_statistics import ItemStatistics
from model.content.predictor import ContentTables
from model.cores import usable_cores
from model.data.dataset import Dataset, Ratings
from model.episodes import RatingsByUser
from model.errors import DatasetError
from model.features import FeatureSpace
from model.features.fitting import fit_spaces
from model.training_checkpoints import Checkpoints


@dataclass(frozen=True)
class TrainingResult:
    """What training gives.

    Attributes:
        networks: The members.
        rows: What the item encoder sees, one row an item.
        statistics: Item statistics of the training ratings.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        content: What content predicts of items that training never saw.
        report: How the training went.
    """

    networks: tuple[BayesianNetwork, ...]
    rows: ItemRows
    statistics: ItemStatistics
    user_space: FeatureSpace
    item_space: FeatureSpace
    content: ContentTables
    report: TrainingReport


def learn(
    dataset: Dataset,
    ratings: Ratings,
    preset: BayesianPreset,
    *,
    seed: int,
    on_epoch: Callable[[EpochReport], None],
    checkpoints: Checkpoints,
    before: LearntNetworks | None = None,
) -> TrainingResult:
    """Fit what is known before meta-training, then train the members.

    Args:
        dataset: Users, items and their features.
        ratings: What to learn from.
        preset: Configuration.
        seed: Every random draw follows from it.
        on_epoch: Called after each epoch, from several threads.
        checkpoints: Where to go on from, and what is kept meanwhile.
        before: θ to begin with; random if None.

    Returns:
        θ and its report.

    Raises:
        DatasetError: If there are too few users with ratings to learn from.
    """
    started = time.monotonic()
    unit = Ratings(
        ratings.user_index,
        ratings.item_index,
        to_five_point(ratings.rating, dataset.scale),
        ranks=ratings.ranks,
    )
    grouped = RatingsByUser(unit, len(dataset.user_ids))
    if (grouped.counts >= 2).sum() < 2:
        raise DatasetError(
            "fewer than two users have two ratings or more; meta-learning needs several users."
        )
    onto = None if before is None else before.axes()
    rows = build_training_rows(dataset, unit, preset, np.random.default_rng(seed), onto)
    rated_users = ratings.ranks.union(ratings.user_index)
    user_space, item_space = fit_spaces(dataset, ratings)
    users = user_space.encode_table(dataset.user_features)
    reports: list[EpochReport] = []
    members = preset.estimator.members

    def note(report: EpochReport) -> None:
        reports.append(report)
        on_epoch(report)

    def begin(member: int) -> Callable[[BayesianNetwork], None]:
        def load(network: BayesianNetwork) -> None:
            if before is not None:
                before.load_into(network, member, user_space)

        return load

    def train_member(member: int) -> BayesianNetwork:
        return train_network(
            rows,
            grouped,
            users,
            user_space,
            preset,
            # Members of different seeds must not share one.
            seed=seed * members + member,
            phase=f"member {member + 1} of {members}",
            on_epoch=note,
            checkpoint=checkpoints.part(f"member-{member + 1}"),
            begin=begin(member),
        )

    # Members share nothing that they write to, and their matrix products run side by side.
    with ThreadPoolExecutor(ratings.ranks.threads(min(members, usable_cores()))) as pool:
        networks = tuple(pool.map(train_member, range(members)))
    reports.sort(key=lambda report: (report.phase, report.epoch))
    return TrainingResult(
        networks,
        rows.whole.rows(slice(len(dataset.item_ids))),
        rows.statistics,
        user_space,
        item_space,
        ContentTables.of(
            rows.content.content, item_space, rows.content.vectors, rows.content.intercept
        ),
        TrainingReport(
            seed=seed,
            users=len(rated_users),
            ratings=ratings.count,
            validation_users=0,
            best_epoch=reports[-1].epoch,
            epochs=tuple(reports),
            seconds=time.monotonic() - started,
        ),
    )
