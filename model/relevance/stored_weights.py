"""What a bundle keeps of the relevance objective, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from model.bundle.stored_tensors import check_tensors, copied, prefixed, under
from model.content.predictor import ContentTables, expected_tensors
from model.errors import BundleError
from model.features import FeatureSpace
from model.relevance.blend import SUPPORT_SIZES, Blend
from model.relevance.comparisons import TasteSpread
from model.relevance.config import RelevanceConfig
from model.relevance.content_inputs import ContentInputs, slot_features
from model.relevance.network import RelevanceNetwork
from model.relevance.serving.item_table import ChoiceTable
from model.relevance.serving.vectors import Vectors, expected_vectors

_MEMBER, _CONTENT = "member.", "content."
ENTRY, _RATINGS = "items.entry", "items.ratings"
_USERS, _LIKES_A_USER, _BLEND, _CONTENT_ERROR = "users", "likes_a_user", "blend", "content_error"
_SPREAD, _HALVED_AFTER = "spread.covariance", "spread.halved_after"


@dataclass(frozen=True)
class Learnt:
    """What training found.

    Attributes:
        networks: The members.
        table: The items.
        content: Reads content.
        users: How many users rated anything.
        likes_a_user: Mean number of likes of a user.
        content_error: How far ln p of an item goes from what its content says, as a standard
            deviation over the items that training knows.
        blend: How much a predicted rating counts beside a chance.
        spread: How users scatter about what little is known of them.
    """

    networks: tuple[RelevanceNetwork, ...]
    table: ChoiceTable
    content: ContentInputs
    users: float
    likes_a_user: float
    content_error: float
    blend: Blend
    spread: TasteSpread

    def named_tensors(self, item_space: FeatureSpace) -> dict[str, Tensor]:
        """Take it apart.

        Args:
            item_space: Encoders of the item features.

        Returns:
            Tensors by name.
        """
        named = {
            **self.table.entry.named_tensors("entry"),
            **self.table.output.named_tensors("output"),
            _RATINGS: torch.from_numpy(self.table.ratings),
            _USERS: torch.tensor(self.users),
            _LIKES_A_USER: torch.tensor(self.likes_a_user),
            _CONTENT_ERROR: torch.tensor(self.content_error),
            _BLEND: torch.from_numpy(self.blend.weights),
            _SPREAD: torch.from_numpy(self.spread.covariance),
            _HALVED_AFTER: torch.tensor(self.spread.halved_after),
        }
        named |= prefixed(_CONTENT, self.content.tables.named_tensors(item_space.names))
        for at, network in enumerate(self.networks):
            named |= _named_network(at, network)
        return named


def restore(
    config: RelevanceConfig,
    user_space: FeatureSpace,
    item_space: FeatureSpace,
    tensors: dict[str, Tensor],
    item_count: int,
) -> Learnt:
    """Put together what `Learnt.named_tensors` took apart.

    Args:
        config: Configuration.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        tensors: As stored.
        item_count: Number of items.

    Returns:
        What was learnt, bit-equal.

    Raises:
        BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
    """
    members = {name.split(".")[1] for name in tensors if name.startswith(_MEMBER)}
    if len(members) != config.members:
        raise BundleError(
            f"the chances are of {len(members)} members where the configuration asks for "
            f"{config.members}"
        )
    intercept = tensors.get(_CONTENT + "intercept")
    components = len(intercept) if intercept is not None and intercept.ndim == 1 else 0
    numbers = slot_features(item_space)
    inputs = components + sum(item_space.encoders[name].slots for name in numbers)
    of_content = under(_CONTENT, tensors)
    try:
        with torch.device("meta"):
            networks = tuple(
                RelevanceNetwork(config, inputs, user_space, None) for _ in range(config.members)
            )
            expected = {
                **expected_vectors("entry", item_count, config.members * config.width),
                **expected_vectors("output", item_count, config.members * (config.width + 1)),
                _RATINGS: torch.empty(item_count),
                _USERS: torch.empty(()),
                _LIKES_A_USER: torch.empty(()),
                _CONTENT_ERROR: torch.empty(()),
                _BLEND: torch.empty(len(SUPPORT_SIZES)),
                _SPREAD: torch.empty(config.members, config.width + 1, config.width + 1),
                _HALVED_AFTER: torch.empty(()),
            }
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise BundleError("the configuration asks for weights beyond all measure") from error
    expected |= prefixed(_CONTENT, dict(expected_tensors(of_content, item_space, components)))
    for at, network in enumerate(networks):
        expected |= _named_network(at, network)
    check_tensors(tensors, expected)
    users, likes, apart = (float(tensors[name]) for name in (_USERS, _LIKES_A_USER, _CONTENT_ERROR))
    if users < 0 or likes <= 0 or apart < 0 or bool((tensors[_RATINGS] < 0).any()):
        raise BundleError(
            f"{_USERS}, {_LIKES_A_USER}, {_CONTENT_ERROR} or {_RATINGS} is below zero"
        )
    spread = TasteSpread(tensors[_SPREAD].clone().numpy(), float(tensors[_HALVED_AFTER]))
    if spread.halved_after <= 0 or not spread.is_covariance():
        raise BundleError(f"{_SPREAD} is no covariance, or {_HALVED_AFTER} is not above zero")
    # Copied, so that what is kept does not hold on to the file: to check it, all of it was read.
    for at, network in enumerate(networks):
        network.load_state_dict(copied(under(f"{_MEMBER}{at}.", tensors)), assign=True)
        network.requires_grad_(requires_grad=False)
    tables = ContentTables.from_named_tensors(copied(of_content), item_space.names)
    return Learnt(
        networks,
        read_choice_table(tensors),
        ContentInputs(tables, numbers),
        users,
        likes,
        apart,
        Blend(tensors[_BLEND].clone().numpy()),
        spread,
    )


def read_choice_table(tensors: Mapping[str, Tensor]) -> ChoiceTable:
    """Return the items' vectors of tensors by name."""
    return ChoiceTable(
        Vectors.from_named_tensors(tensors, "entry"),
        Vectors.from_named_tensors(tensors, "output"),
        tensors[_RATINGS].numpy(),
    )


def _named_network(member: int, network: RelevanceNetwork) -> dict[str, Tensor]:
    return prefixed(f"{_MEMBER}{member}.", network.state_dict())
