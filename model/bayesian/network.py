"""θ of the preset `default`: what all users share.

Shared by all users: an item encoder that gives each item a representation φ, a base rating, and
how noisy ratings of it are; and the decision layers

    ŷ = base + w·φ + v·tanh(Wᵀ φ + b).

Both, and what the prior of a user's own copy is made of, are learnt through the local update
(`model.bayesian.local_update`).

Dimensions: B episodes, n ratings, R item rows, D representation, H hidden decision layer,
C inputs to a support set's summary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.bayesian.preset import BayesianPreset
from model.bayesian.training.item_features import ItemRows
from model.features import FeatureSpace

_ENCODER_GAIN = 0.3
SET_GAIN = 0.3
SET_DAMPING = 5.0
MOMENT_DAMPING = 3.0
RATE_GAIN = 10.0  # lets Adam move the rates faster than other weights
_FIRST_RATE = 0.2 / RATE_GAIN


@dataclass(frozen=True)
class Representation:
    """What the encoder makes of item rows.

    Attributes:
        phi: φ, shape [R, D].
        expected: Item bias expected without ratings, shape [R].
        noise_log: Log variance of a rating around a user's taste, shape [R].
        summary: An item's contributions to a support set's summary, shape [R, 2 C].
        residual_sum: Σ residuals of the training ratings, shape [R].
        count: Number of training ratings, shape [R].
    """

    phi: Tensor
    expected: Tensor
    noise_log: Tensor
    summary: Tensor
    residual_sum: Tensor
    count: Tensor


@dataclass(frozen=True)
class SupportSet:
    """The support sets of B episodes, padded to n places.

    Attributes:
        row: Item rows, shape [B, n].
        rating: Brought to a range of 4, shape [B, n].
        mask: 1 for a rating, 0 for padding, shape [B, n].
        residual: Rating − base, 0 where padded, shape [B, n].
    """

    row: Tensor
    rating: Tensor
    mask: Tensor
    residual: Tensor


class SeededDropout(nn.Module):
    """Drop-out that draws from its own source: torch's is one for all threads.

    Args:
        rate: Share of values set to 0 in training.
        generator: Source of randomness.
    """

    def __init__(self, rate: float, generator: torch.Generator | None) -> None:
        super().__init__()
        self._rate = rate
        self._generator = generator

    def forward(self, values: Tensor) -> Tensor:
        """Drop values in training and scale the rest; pass all through otherwise."""
        if not self.training or not self._rate:
            return values
        kept = torch.rand(values.shape, generator=self._generator) >= self._rate
        return values * kept / (1 - self._rate)


class BayesianNetwork(nn.Module):
    """One member of the ensemble.

    Args:
        preset: Configuration.
        inputs: Columns that the item encoder reads.
        start_width: Columns that a representation starts from; D is one more, the user's bias.
        users: Encoders of the user features.
        mean: Global mean of the training ratings, brought to a range of 4.
        generator: Source of the initial weights and of drop-out; None for weights that are to be
            loaded, of which only the shapes are made.
    """

    def __init__(
        self,
        preset: BayesianPreset,
        inputs: int,
        start_width: int,
        users: FeatureSpace,
        mean: float,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        config, training = preset.estimator, preset.training
        self.config = config
        width = start_width + 1
        self.width = width
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.mean: Tensor
        c = config.set_inputs

        self.encoder = nn.Sequential(
            nn.Linear(inputs, config.encoder_width),
            nn.SiLU(),
            SeededDropout(training.dropout, generator),
            nn.Linear(config.encoder_width, width + 2 + 2 * c),
        )
        self.start_scale_log = nn.Parameter(torch.zeros(start_width))
        self.damping_log = nn.Parameter(torch.tensor(math.log(config.item_damping)))
        self.quality_scale = nn.Parameter(torch.ones(()))
        # Of items with and without training ratings.
        noises = [math.log(config.noise), math.log(config.noise + 0.2)]
        self.noise_log = nn.Parameter(torch.tensor(noises))

        self.prior_mean = nn.Parameter(torch.zeros(width))
        self.user_embeddings = nn.ParameterDict(
            {
                f"feature_{index}": nn.Parameter(torch.zeros(encoder.slots, width))
                for index, encoder in enumerate(users.encoders.values())
            }
        )
        self.user_features = tuple(users.encoders)
        self.set_encoder = nn.Sequential(
            nn.Linear(width + 2 * c + 5, config.set_width),
            nn.SiLU(),
            SeededDropout(training.set_dropout, generator),
            nn.Linear(config.set_width, width + 1),
        )
        self.set_linear = nn.Linear(width + c, width, bias=False)

        h = config.hidden_width
        self.hidden_weight = nn.Parameter(torch.empty(width, h))
        self.hidden_bias = nn.Parameter(torch.zeros(h))
        self.output = nn.Parameter(torch.empty(h))
        # One for each step and each of W, b, v, w.
        self.rates = nn.Parameter(torch.full((config.local_steps, 4), _FIRST_RATE))
        self.support_damping_log = nn.Parameter(torch.tensor(1.0))
        if generator is not None:
            self._initialise(generator)

    def _initialise(self, generator: torch.Generator) -> None:
        """Start as the Bayesian regression on the factors: what is learnt on top starts at 0."""
        for layer in (self.encoder[0], self.encoder[3], self.set_encoder[0]):
            assert isinstance(layer, nn.Linear)  # noqa: S101 - narrows the type
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        with torch.no_grad():
            weight, bias = self.encoder[3].parameters()
            weight[: self.width + 2] = 0
            bias.zero_()
            for layer in (self.set_encoder[3], self.set_linear):
                for parameter in layer.parameters():
                    parameter.zero_()
        nn.init.normal_(self.hidden_weight, 0.0, 2 / self.width**0.5, generator=generator)
        nn.init.normal_(self.output, 0.0, 0.02, generator=generator)

    def represent(self, rows: ItemRows) -> Representation:
        """Encode items.

        Args:
            rows: R item rows.

        Returns:
            Their representation.
        """
        encoded = self.encoder(rows.inputs)
        d = self.width
        start = rows.linear * self.start_scale_log.exp()
        user_bias = start.new_full((len(rows), 1), self.config.user_variance**0.5)
        # In the rows' own precision: a scalar times single precision would stay single.
        has_ratings = (rows.count > 0).to(rows.count.dtype)
        noise_log = self.noise_log[0] * has_ratings + self.noise_log[1] * (1 - has_ratings)
        return Representation(
            phi=torch.cat([start, user_bias], dim=1) + _ENCODER_GAIN * encoded[:, :d],
            expected=self.quality_scale * rows.quality + encoded[:, d],
            noise_log=noise_log + encoded[:, d + 1],
            summary=encoded[:, d + 2 :],
            residual_sum=rows.residual_sum,
            count=rows.count,
        )

    def summarise(self, inputs: Tensor) -> Tensor:
        """Encode only the items' contributions to a support set's summary, shape [R, 2 C]."""
        summary: Tensor = self.encoder(inputs)[:, self.width + 2 :]
        return summary

    def base(self, items: Representation, row: Tensor, own_residual: Tensor, own: Tensor) -> Tensor:
        """Global mean + damped item bias, an episode's own rating left out where it was counted.

        Args:
            items: Represented items.
            row: Item rows, shape [B, n].
            own_residual: r − μ − b_u of the episode's rating of the item, shape [B, n].
            own: 1 where that rating is among the training ratings, shape [B, n].

        Returns:
            Shape [B, n].
        """
        damping = self.damping_log.exp()
        counted = own * (items.count[row] > 0)
        total = items.residual_sum[row] - own_residual * counted
        count = (items.count[row] - counted).clamp(min=0)
        return self.mean + (total + damping * items.expected[row]) / (count + damping)

    def hidden_layer(self, phi: Tensor) -> Tensor:
        """The hidden decision layer before any step, tanh(Wᵀ φ + b), shape [R, H]."""
        return torch.tanh(phi @ self.hidden_weight + self.hidden_bias)

    def gradient_norms(self, items: Representation) -> Tensor:
        """Frobenius norm of ∂ŷ/∂(w, v, W, b) for each item, before any step.

        ∂ŷ/∂w = φ, ∂ŷ/∂v = h, ∂ŷ/∂b = g = v (1 − h²), ∂ŷ/∂W = φ gᵀ with h = tanh(Wᵀ φ + b), so the
        squared norm is ‖φ‖² (1 + ‖g‖²) + ‖h‖² + ‖g‖².

        Args:
            items: Represented items.

        Returns:
            Shape [R].
        """
        hidden = self.hidden_layer(items.phi)
        inner = (self.output * (1 - hidden**2)).square().sum(1)
        phi = items.phi.square().sum(1)
        return (phi * (1 + inner) + hidden.square().sum(1) + inner).sqrt()
