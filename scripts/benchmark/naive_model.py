"""The local update as it is first written: a deep copy of the decision layers, autograd and SGD.

It computes what the service computes, from the same bundle, by the tools that torch has for it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

from model.bayesian import BayesianPreset
from model.bayesian.local_update import local_update
from model.bayesian.network import RATE_GAIN, BayesianNetwork, Representation, SupportSet
from model.bayesian.rating_scale import from_five_point, to_five_point
from model.bayesian.training.item_features import ItemRows
from model.bundle.bundle import Bundle
from model.catalogue.bundled import Catalogue
from model.features import FeatureSpace, FeatureValue
from model.melu import MeluPreset
from model.melu.weights import MetaWeights, embed

Attributes = Mapping[str, FeatureValue]
Ratings = Sequence[tuple[int, float]]
"""(item index, rating on the data set's scale) pairs."""


class NaiveModel(Protocol):
    """Predicts after a local update.

    Attributes:
        local_steps: Steps that it takes where there is a support set.
    """

    local_steps: int

    def predict(self, attributes: Attributes, support_set: Ratings) -> Tensor:
        """Adapt to a user and predict the user's rating of every item, shape [items]."""

    def forward(self) -> Tensor:
        """Run θ's own decision layers over every item, anonymous in particular, shape [items].

        The plainest pass there is: all that goes into it is computed before, nothing is adapted
        and nothing ranked.
        """


def naive_model(bundle: Bundle) -> NaiveModel:
    """Build the naive model of a bundle.

    Args:
        bundle: Of any preset.

    Returns:
        The model.
    """
    preset = bundle.manifest.preset
    tensors = bundle.estimator.tensors()
    users, items = bundle.estimator.user_space, bundle.estimator.item_space
    if isinstance(preset, MeluPreset):
        return NaiveMelu(preset, tensors, users, items, bundle.catalogue)
    return NaiveBayesian(preset, tensors, users, bundle.manifest.scale)


class BayesianLayers(nn.Module):
    """The decision layers of one member of the preset `default`.

    Args:
        network: Whose layers to copy.
    """

    def __init__(self, network: BayesianNetwork) -> None:
        super().__init__()
        self.hidden_weight = nn.Parameter(network.hidden_weight.clone())
        self.hidden_bias = nn.Parameter(network.hidden_bias.clone())
        self.output = nn.Parameter(network.output.clone())
        self.linear = nn.Parameter(torch.zeros(network.width))

    def forward(self, phi: Tensor) -> Tensor:
        """Return w·φ + v·tanh(Wᵀ φ + b), shape [n]."""
        hidden = torch.tanh(phi @ self.hidden_weight + self.hidden_bias)
        return phi @ self.linear + hidden @ self.output


@dataclass(frozen=True)
class _Member:
    """One network, whose own local update ends at the Bayesian start.

    Attributes:
        network: The network.
        layers: Its decision layers, copied for each request.
        items: The catalogue, represented once.
        base: Base ratings, shape [items].
        rates: Step sizes of W, b, v and w in each step, shape [steps, 4].
        support_damping: n₀.
    """

    network: BayesianNetwork
    layers: BayesianLayers
    items: Representation
    base: Tensor
    rates: Tensor
    support_damping: float


class NaiveBayesian:
    """The preset `default`.

    Args:
        preset: Configuration.
        tensors: As stored in the bundle.
        users: Encoders of the user features.
        scale: Lowest and highest rating.
    """

    def __init__(
        self,
        preset: BayesianPreset,
        tensors: Mapping[str, Tensor],
        users: FeatureSpace,
        scale: tuple[float, float],
    ) -> None:
        self.local_steps = preset.estimator.local_steps + 1
        self._users = users
        self._scale = scale
        rows = ItemRows(**_under("items.", tensors))
        self._members = [
            _member(preset, _under(f"member.{member}.", tensors), rows, users)
            for member in range(preset.estimator.members)
        ]

    def predict(self, attributes: Attributes, support_set: Ratings) -> Tensor:
        """Adapt to a user and predict the user's rating of every item, shape [items]."""
        predictions = [self._adapt(member, attributes, support_set) for member in self._members]
        return from_five_point(torch.stack(predictions).mean(0), self._scale)

    def forward(self) -> Tensor:
        """Run θ's own decision layers over every item, shape [items]."""
        with torch.no_grad():
            predictions = [one.base + one.layers(one.items.phi) for one in self._members]
            return from_five_point(torch.stack(predictions).mean(0), self._scale)

    def _adapt(self, member: _Member, attributes: Attributes, support_set: Ratings) -> Tensor:
        layers = copy.deepcopy(member.layers)
        row = torch.tensor([item for item, _ in support_set], dtype=torch.long)
        rating = to_five_point(
            torch.tensor([r for _, r in support_set], dtype=torch.float32), self._scale
        )
        residual = rating - member.base[row]
        with torch.no_grad():
            start = local_update(
                member.network,
                member.items,
                self._users.encode([dict(attributes)]),
                SupportSet(
                    row.unsqueeze(0),
                    rating.unsqueeze(0),
                    torch.ones(1, len(row)),
                    residual.unsqueeze(0),
                ),
            )
            layers.linear.copy_(start.linear[0])
        if support_set:
            optimiser = torch.optim.SGD(
                [{"params": [part]} for part in layers.parameters()], lr=0.0
            )
            for rates in member.rates.tolist():
                for group, rate in zip(optimiser.param_groups, rates, strict=True):
                    group["lr"] = rate
                error = layers(member.items.phi[row]) - residual
                loss = (torch.sqrt(1 + error**2) - 1).sum() / (len(row) + member.support_damping)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        with torch.no_grad():
            predicted: Tensor = member.base + layers(member.items.phi)
        return predicted


class NaiveMelu:
    """The preset `melu`.

    Args:
        preset: Configuration.
        tensors: As stored in the bundle.
        users: Encoders of the user features.
        items: Encoders of the item features.
        catalogue: The items.
    """

    def __init__(
        self,
        preset: MeluPreset,
        tensors: Mapping[str, Tensor],
        users: FeatureSpace,
        items: FeatureSpace,
        catalogue: Catalogue,
    ) -> None:
        theta = MetaWeights.from_named_tensors({n: t for n, t in tensors.items() if n != "units"})
        self._config = preset.estimator
        self.local_steps = preset.estimator.local_steps
        self._mean, self._spread = tensors["units"].tolist()
        self._users = users
        self._user_embeddings = theta.user_embeddings
        encoded = items.encode_table(catalogue.features(items.names))
        self._items = embed(theta.item_embeddings, encoded, len(catalogue))
        widths = (theta.decision.weights[0].shape[1], *(len(b) for b in theta.decision.biases))
        self._layers = nn.Sequential()
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            linear = nn.Linear(fan_in, fan_out)
            linear.load_state_dict(
                {"weight": theta.decision.weights[layer], "bias": theta.decision.biases[layer]}
            )
            self._layers.extend([linear, nn.ReLU()])
        self._layers.pop(-1)
        self._pairs = self._pairs_of({})

    def predict(self, attributes: Attributes, support_set: Ratings) -> Tensor:
        """Adapt to a user and predict the user's rating of every item, shape [items]."""
        layers = copy.deepcopy(self._layers)
        pairs = self._pairs_of(attributes)
        if support_set:
            row = torch.tensor([item for item, _ in support_set])
            rating = torch.tensor([rating for _, rating in support_set])
            rating = (rating - self._mean) / self._spread
            optimiser = torch.optim.SGD(layers.parameters(), lr=self._config.local_learning_rate)
            for _ in range(self._config.local_steps):
                error = layers(pairs[row])[:, 0] - rating
                loss = (error**2).sum() / max(len(row) + self._config.support_damping, 1.0)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        with torch.no_grad():
            predicted: Tensor = layers(pairs)[:, 0] * self._spread + self._mean
        return predicted

    def forward(self) -> Tensor:
        """Run θ's own decision layers over every item, shape [items]."""
        with torch.no_grad():
            predicted: Tensor = self._layers(self._pairs)[:, 0] * self._spread + self._mean
        return predicted

    def _pairs_of(self, attributes: Attributes) -> Tensor:
        """Set a user's embedding beside each item's, shape [items, embedding]."""
        with torch.no_grad():
            user = embed(self._user_embeddings, self._users.encode([dict(attributes)]), 1)
            return torch.cat([user.expand(len(self._items), -1), self._items], dim=1)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _member(
    preset: BayesianPreset, state: dict[str, Tensor], rows: ItemRows, users: FeatureSpace
) -> _Member:
    # Without steps of its own, the network's local update returns where the steps start.
    startless = preset.estimator.model_copy(update={"local_steps": 0})
    network = BayesianNetwork(
        preset.model_copy(update={"estimator": startless}),
        rows.inputs.shape[1],
        rows.linear.shape[1],
        users,
        0.0,
        torch.Generator(),
    )
    network.load_state_dict(state | {"rates": state["rates"][:0]})
    network.eval().requires_grad_(requires_grad=False)
    with torch.no_grad():
        items = network.represent(rows)
        every = torch.arange(len(rows)).unsqueeze(0)
        nothing = torch.zeros(1, len(rows))
        return _Member(
            network=network,
            layers=BayesianLayers(network),
            items=items,
            base=network.base(items, every, nothing, nothing)[0],
            rates=state["rates"] * RATE_GAIN,
            support_damping=float(network.support_damping_log.exp()),
        )
