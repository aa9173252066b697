"""What the global update goes by: the query loss of the adapted copies (MAML, over users)."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.arrays import Int64Array
from model.episodes import Episodes, PaddedRatings
from model.melu.batch_features import BatchFeatures, Hide
from model.melu.decision_layers import DecisionWeights
from model.melu.fused_update import predict_adapted
from model.melu.preset import EstimatorConfig
from model.melu.weights import RatingUnits

_ROWS_WORTH_A_GROUP = 200
"""Padding that takes as long as the operations of another group."""


def predict_query_sets(
    tables: Tensor,
    decision: DecisionWeights,
    config: EstimatorConfig,
    units: RatingUnits,
    features: BatchFeatures,
    episodes: Episodes,
    *,
    second_order: bool = False,
    hide: Hide | None = None,
) -> Tensor:
    """Adapt one copy of the decision layers an episode and predict its query set.

    Args:
        tables: θ's embedding tables, as `BatchFeatures.tables` gives them.
        decision: θ's decision layers.
        config: Local steps and rate.
        units: The estimator's units.
        features: Of all users and items.
        episodes: A batch of B episodes, q query places each.
        second_order: Keep the local update differentiable with respect to θ.
        hide: Makes features of the batch unknown.

    Returns:
        Predictions in the estimator's units, shape [B, q].
    """
    # Each item of the batch is embedded once, however many episodes hold it.
    support_set, query_set = episodes.support_set, episodes.query_set
    both = np.concatenate([support_set.item_index, query_set.item_index], axis=1)
    unique, places = np.unique(both, return_inverse=True)
    user, item = features.embed(tables, episodes.user_index, unique, hide)
    # The first layer's output is a part of the user and a part of the item: no need to multiply
    # each pair.
    first = decision.weights[0]
    of_user, of_item = torch.split(first, [user.shape[1], item.shape[1]], dim=1)
    user_start = torch.addmm(decision.biases[0], user, of_user.mT)
    user_product = (user * user).sum(-1) + 1.0
    item_and_start = torch.cat([item, item @ of_item.mT], dim=-1)
    places = places.reshape(both.shape)
    longest = support_set.item_index.shape[1]
    lengths = support_set.mask.sum(-1).long().numpy()
    rating, mask = units.standardise(support_set.rating), support_set.mask
    predictions = []
    groups = _alike(lengths)
    for rows in groups:
        chosen, length = torch.from_numpy(rows), int(lengths[rows].max(initial=0))
        of_group = np.concatenate([places[rows, :length], places[rows, longest:]], axis=1)
        looked_up = functional.embedding(torch.from_numpy(of_group), item_and_start)
        embedding, start = torch.split(looked_up, [item.shape[1], len(first)], dim=-1)
        support_embedding = embedding[:, :length]
        if not second_order:
            support_embedding = support_embedding.detach()
        product = user_product.index_select(0, chosen).view(-1, 1, 1)
        gram = torch.baddbmm(product, embedding, support_embedding.mT)
        start = start + user_start.index_select(0, chosen).unsqueeze(1)
        predictions.append(
            predict_adapted(
                decision,
                start,
                gram,
                rating[chosen, :length],
                mask[chosen, :length],
                local_steps=config.local_steps,
                local_learning_rate=config.local_learning_rate,
                support_damping=config.support_damping,
                second_order=second_order,
            )
        )
    if len(groups) == 1:
        return predictions[0]
    in_order = torch.from_numpy(np.argsort(np.concatenate(groups)))
    return torch.cat(predictions).index_select(0, in_order)


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


def _alike(lengths: Int64Array) -> list[Int64Array]:
    """Part episodes into one or two groups, so that few are padded to many ratings.

    Most support sets are far shorter than the longest of a batch.

    Args:
        lengths: Ratings in each support set, shape [B].

    Returns:
        Rows of each group.
    """
    order = np.argsort(lengths, kind="stable")
    sizes = np.arange(1, len(lengths))
    padded = sizes * lengths[order[:-1]] + (len(lengths) - sizes) * lengths.max(initial=0)
    saved = len(lengths) * lengths.max(initial=0) - padded
    if saved.max(initial=0) <= _ROWS_WORTH_A_GROUP:
        return [np.arange(len(lengths))]
    size = int(saved.argmax()) + 1
    return [order[:size], order[size:]]
