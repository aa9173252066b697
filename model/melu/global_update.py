"""The global update: move θ by the query loss of the adapted copies (MAML, over users)."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from model.episodes import Episodes, PaddedRatings
from model.features import EncodedFeature, EncodedTable
from model.melu.decision_layers import predict
from model.melu.local_update import local_update
from model.melu.preset import EstimatorConfig
from model.melu.weights import MetaWeights, RatingUnits, embed


def predict_query_sets(
    theta: MetaWeights,
    config: EstimatorConfig,
    units: RatingUnits,
    users: EncodedTable,
    items: EncodedTable,
    episodes: Episodes,
    *,
    second_order: bool = False,
    hide: Callable[[EncodedFeature], EncodedFeature] = lambda column: column,
) -> Tensor:
    """Adapt one copy of the decision layers an episode and predict its query set.

    Args:
        theta: θ.
        config: Local steps and rate.
        units: The estimator's units.
        users: All users' encoded features.
        items: All items' encoded features.
        episodes: A batch of B episodes, q query places each.
        second_order: Keep the local update differentiable with respect to θ.
        hide: Applied to the encoded features of the batch, to make some of them unknown.

    Returns:
        Predictions in the estimator's units, shape [B, q].
    """
    user = embed(
        theta.user_embeddings,
        {name: hide(column.rows(episodes.user_index)) for name, column in users.items()},
        len(episodes.user_index),
    )
    # Each item of the batch is embedded once, however many episodes hold it.
    both = np.concatenate(
        [episodes.support_set.item_index.ravel(), episodes.query_set.item_index.ravel()]
    )
    unique, position = np.unique(both, return_inverse=True)
    item = embed(
        theta.item_embeddings,
        {name: hide(column.rows(unique)) for name, column in items.items()},
        len(unique),
    )
    places = torch.from_numpy(position)
    support_places = places[: episodes.support_set.item_index.size]
    query_places = places[episodes.support_set.item_index.size :]
    adapted_weights = local_update(
        theta.decision,
        _pair(user, item, support_places, episodes.support_set),
        units.standardise(episodes.support_set.rating),
        episodes.support_set.mask,
        local_steps=config.local_steps,
        local_learning_rate=config.local_learning_rate,
        support_damping=config.support_damping,
        second_order=second_order,
    )
    return predict(adapted_weights, _pair(user, item, query_places, episodes.query_set))


def query_loss(prediction: Tensor, query_set: PaddedRatings, units: RatingUnits) -> Tensor:
    """Mean over users of each user's mean squared error on the query set.

    Args:
        prediction: In the estimator's units, shape [B, q].
        query_set: The true ratings.
        units: The estimator's units.

    Returns:
        A scalar.
    """
    squared = (prediction - units.standardise(query_set.rating)) ** 2 * query_set.mask
    return (squared.sum(-1) / query_set.mask.sum(-1).clamp(min=1.0)).mean()


def _pair(user: Tensor, item: Tensor, places: Tensor, ratings: PaddedRatings) -> Tensor:
    """Put each episode's user embedding beside its items' embeddings, shape [B, n, D]."""
    episodes, length = ratings.item_index.shape
    items = item[places].view(episodes, length, item.shape[-1])
    return torch.cat([user.unsqueeze(1).expand(-1, length, -1), items], dim=-1)
