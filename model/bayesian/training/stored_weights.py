"""What a bundle keeps of the preset `default`, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from model.bayesian.network import BayesianNetwork
from model.bayesian.preset import BayesianPreset
from model.bayesian.training.item_features import ItemRows
from model.bundle.stored_tensors import check_tensors, copied, prefixed, under
from model.content.predictor import ContentTables, expected_tensors
from model.errors import BundleError
from model.features import FeatureSpace

_ITEMS = "items."
INPUTS = "items.inputs"
"""What the item encoder reads, one row an item."""
_CONTENT = "content."


class Stored(NamedTuple):
    """What was learnt.

    Attributes:
        networks: The members.
        rows: What the item encoder sees, one row an item.
        content: What content predicts of items that training never saw.
    """

    networks: Sequence[BayesianNetwork]
    rows: ItemRows
    content: ContentTables

    def named_tensors(self, item_space: FeatureSpace) -> dict[str, Tensor]:
        """Take it apart.

        Args:
            item_space: Encoders of the item features.

        Returns:
            Tensors by name.
        """
        named = _named_items(self.rows)
        named |= prefixed(_CONTENT, self.content.named_tensors(item_space.names))
        for index, network in enumerate(self.networks):
            named |= _named_network(index, network)
        return named


def restore(
    preset: BayesianPreset,
    user_space: FeatureSpace,
    item_space: FeatureSpace,
    tensors: dict[str, Tensor],
    item_count: int,
) -> Stored:
    """Put together what `Stored.named_tensors` took apart.

    Args:
        preset: Configuration.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        tensors: As stored.
        item_count: Number of items to score.

    Returns:
        What was learnt, bit-equal.

    Raises:
        BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
    """
    config = preset.estimator
    inputs, start_width = (_columns(tensors, name) for name in ("inputs", "linear"))
    members = {name.split(".")[1] for name in tensors if name.startswith("member.")}
    if len(members) != config.members:
        raise BundleError(
            f"the weights are of {len(members)} members where the configuration asks for "
            f"{config.members}"
        )
    networks = [
        _empty_network(preset, inputs, start_width, user_space) for _ in range(config.members)
    ]
    with torch.device("meta"):
        rows = ItemRows(
            torch.empty(item_count, inputs),
            torch.empty(item_count, start_width),
            *(torch.empty(item_count) for _ in range(3)),
        )
    expected = _named_items(rows)
    for member, network in enumerate(networks):
        expected |= _named_network(member, network)
    of_content = under(_CONTENT, tensors)
    targets = 1 + start_width
    expected |= prefixed(_CONTENT, dict(expected_tensors(of_content, item_space, targets)))
    check_tensors(tensors, expected)
    if (tensors["items.count"] < 0).any():
        raise BundleError("items.count holds numbers below zero")
    # Copied, so that what is kept does not hold on to the file: to check it, all of it was read.
    for member, network in enumerate(networks):
        network.load_state_dict(copied(under(f"member.{member}.", tensors)), assign=True)
        network.eval().requires_grad_(requires_grad=False)
    content = ContentTables.from_named_tensors(copied(of_content), item_space.names)
    return Stored(networks, read_item_rows(tensors), content)


def read_item_rows(tensors: Mapping[str, Tensor]) -> ItemRows:
    """Return what the item encoder sees, one row an item, of tensors by name."""
    return ItemRows(**under(_ITEMS, tensors))


def _columns(tensors: Mapping[str, Tensor], name: str) -> int:
    """Width of a table of the items; 0, with which nothing fits, if there is no such table."""
    table = tensors.get(_ITEMS + name)
    return 0 if table is None or table.ndim != 2 else table.shape[1]


def _empty_network(
    preset: BayesianPreset, inputs: int, start_width: int, user_space: FeatureSpace
) -> BayesianNetwork:
    """Make a network without memory of its own, so that no configuration asks for too much."""
    try:
        with torch.device("meta"):
            return BayesianNetwork(preset, inputs, start_width, user_space, 0.0, generator=None)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise BundleError("the configuration asks for weights beyond all measure") from error


def _named_items(rows: ItemRows) -> dict[str, Tensor]:
    return prefixed(_ITEMS, rows.named_tensors())


def _named_network(member: int, network: BayesianNetwork) -> dict[str, Tensor]:
    return prefixed(f"member.{member}.", network.state_dict())
