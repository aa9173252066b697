"""A batch looked up at once has the embeddings of its rows looked up one feature after another."""

import numpy as np
import numpy.typing as npt
import torch

from model.data import Dataset
from model.features import EncodedTable, FeatureSpace
from model.melu.batch_features import BatchFeatures
from model.melu.preset import EstimatorConfig
from model.melu.weights import MetaWeights, embed, initial_meta_weights

USERS, ITEMS = np.array([4, 0, 4]), np.array([7, 1, 2, 2, 0])


def _encoded(dataset: Dataset) -> tuple[MetaWeights, EncodedTable, EncodedTable]:
    users = FeatureSpace.fit(dataset.user_features, dataset.user_feature_kinds)
    items = FeatureSpace.fit(dataset.item_features, dataset.item_feature_kinds)
    generator = torch.Generator().manual_seed(0)
    theta = initial_meta_weights(EstimatorConfig(embedding_width=3), users, items, generator)
    # A bundle's file does not keep the order of the tables.
    shuffled = MetaWeights.from_named_tensors(dict(reversed(theta.named_tensors().items())))
    return (
        shuffled,
        users.encode_table(dataset.user_features),
        items.encode_table(dataset.item_features),
    )


def _hide(rows: int, features: int) -> npt.NDArray[np.bool_]:
    return np.arange(rows * features).reshape(rows, features) % 3 == 1


def _hidden_in(table: EncodedTable, index: npt.NDArray[np.int64]) -> EncodedTable:
    mask = _hide(len(index), len(table))
    return {
        name: column.rows(index).with_unknown(mask[:, place])
        for place, (name, column) in enumerate(table.items())
    }


def test_users_and_items_of_a_batch(two_tastes: Dataset):
    theta, users, items = _encoded(two_tastes)
    features = BatchFeatures(theta, users, items)
    user, item = features.embed(features.tables(theta), USERS, ITEMS)
    assert torch.equal(user, embed(theta.user_embeddings, users, 0)[USERS])
    assert torch.equal(item, embed(theta.item_embeddings, items, 0)[ITEMS])


def test_hidden_values_are_the_unknown_ones_of_their_features(two_tastes: Dataset):
    theta, users, items = _encoded(two_tastes)
    features = BatchFeatures(theta, users, items)
    user, item = features.embed(features.tables(theta), USERS, ITEMS, _hide)
    assert torch.equal(user, embed(theta.user_embeddings, _hidden_in(users, USERS), 0))
    assert torch.equal(item, embed(theta.item_embeddings, _hidden_in(items, ITEMS), 0))


def test_without_any_feature_there_is_nothing_to_embed(two_tastes: Dataset):
    theta, _, items = _encoded(two_tastes)
    alone = MetaWeights({}, theta.item_embeddings, theta.decision)
    features = BatchFeatures(alone, {}, items)
    user, item = features.embed(features.tables(alone), USERS, ITEMS)
    assert user.shape == (3, 0)
    assert torch.equal(item, embed(theta.item_embeddings, items, 0)[ITEMS])
    nothing = MetaWeights({}, {}, theta.decision)
    features = BatchFeatures(nothing, {}, {})
    user, item = features.embed(features.tables(nothing), USERS, ITEMS)
    assert (user.shape, item.shape) == ((3, 0), (5, 0))
