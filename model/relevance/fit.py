"""Learn the chances of being chosen, and lay them out for serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from model.bundle.reports import EpochReport
from model.data.dataset import Dataset, Ratings
from model.features import FeatureSpace
from model.relevance.blend import Blend
from model.relevance.comparisons import TasteSpread
from model.relevance.config import RelevanceConfig
from model.relevance.content_inputs import ContentInputs
from model.relevance.model import RelevanceModel
from model.relevance.serving.item_table import ChoiceTable
from model.relevance.serving.vectors import Vectors
from model.relevance.stored_weights import Learnt
from model.relevance.training.meta_training import TrainedMember, train_members
from model.relevance.training.start import LearntChoice
from model.relevance.training.training_data import RelevanceLearning
from model.start import Start
from model.training_checkpoints import Checkpoints


def fit_relevance(
    dataset: Dataset,
    ratings: Ratings,
    config: RelevanceConfig,
    user_space: FeatureSpace,
    item_space: FeatureSpace,
    *,
    seed: int,
    on_epoch: Callable[[EpochReport], None],
    checkpoints: Checkpoints | None = None,
    start: Start | None = None,
    same_validation_users: bool = False,
) -> tuple[RelevanceModel, tuple[TrainedMember, ...]]:
    """Learn θ from ratings.

    Args:
        dataset: Users, items and their features.
        ratings: What to learn from.
        config: Configuration.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        seed: Every random draw follows from it.
        on_epoch: Called now and then.
        checkpoints: Where to go on from, and what is kept meanwhile; nothing if None.
        start: Weights to begin with; random if None, or if it has none.
        same_validation_users: Whether members hold the same users out in every training, as those
            must that start from each other.

    Returns:
        The model, and its members with the users that each did not learn from.
    """
    rated = ratings.ranks.union(ratings.item_index)
    random = np.random.default_rng([seed, 5])
    content = ContentInputs.fit(dataset, item_space, rated, config.content_width, random)
    learning = RelevanceLearning.of(
        dataset,
        ratings,
        config,
        content,
        user_space,
        item_space,
        same_validation_users=same_validation_users,
    )
    before = None
    if start is not None and start.relevance is not None:
        before = LearntChoice.of(start.relevance, start.item_of, dataset)
    members = train_members(
        learning,
        seed=seed,
        on_epoch=on_epoch,
        checkpoints=checkpoints or Checkpoints.none(),
        before=before,
    )
    table = ChoiceTable(
        Vectors.packed(torch.cat([one.items.entry for one in members], dim=1).numpy()),
        Vectors.packed(torch.cat([one.items.output for one in members], dim=1).numpy()),
        learning.raters.astype(np.float32),
    )
    likes = learning.likes.sum() / max(1, learning.users_who_rated)
    learnt = Learnt(
        tuple(one.network for one in members),
        table,
        content,
        float(learning.users_who_rated),
        max(1.0, float(likes)),
        _content_error(learning, members),
        Blend.first(),
        TasteSpread(
            np.stack([one.covariance for one in members]),
            float(np.mean([one.halved_after for one in members])),
        ),
    )
    return RelevanceModel(config, dataset.scale, user_space, item_space, learnt), members


def _content_error(learning: RelevanceLearning, members: Sequence[TrainedMember]) -> float:
    """Measure, for a user of whom nothing is known, how far content is off for known items."""
    known = torch.from_numpy(learning.known)
    if not bool(known.any()):
        return 0.0
    squares = []
    with torch.no_grad():
        for one in members:
            by_content = one.network.of_content(learning.content).output
            # Nearly everybody weighs popularity by 1; tastes come on top and average out.
            apart = (one.items.output - by_content)[known, -1]
            squares.append(apart.var(correction=0))
    return float(torch.stack(squares).mean().sqrt())
