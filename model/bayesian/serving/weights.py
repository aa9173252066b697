"""θ of all members as stacked NumPy arrays: what serving computes with.

A service adapts one user at a time, on matrices so small that torch would spend its time on calls
rather than on arithmetic. Dimensions: M members, D representation, H hidden decision layer,
C inputs to a support set's summary, S hidden width of the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.arrays import Float32Array
from model.bayesian.network import RATE_GAIN, SET_GAIN, BayesianNetwork


@dataclass(frozen=True)
class StackedWeights:
    """The members' weights side by side.

    The summary of a support set is the input x = (what was rated [C], Σ φ [D], what was liked [C],
    moments [4], size [1]).

    Attributes:
        hidden_weight: W, shape [M, D, H].
        hidden_bias: b, shape [M, 1, H].
        output: v, shape [M, 1, H].
        rates: Step sizes of W, b, v and w in each step, shape [steps, 4, M, 1, 1].
        support_damping: n₀, shape [M, 1].
        prior_mean: Shape [M, D].
        user_tables: Feature → its part of the prior mean, shape [slots, M, D].
        summary_first: From x to the hidden summary and, linearly, to the prior mean, shape
            [M, 2 C + D + 5, S + D].
        summary_bias: Of the hidden summary, shape [M, S].
        summary_second: From the hidden summary to the prior mean and the log of the noise factor,
            shape [M, S, D + 1].
        summary_second_bias: Shape [M, D + 1].
    """

    hidden_weight: Float32Array
    hidden_bias: Float32Array
    output: Float32Array
    rates: Float32Array
    support_damping: Float32Array
    prior_mean: Float32Array
    user_tables: dict[str, Float32Array]
    summary_first: Float32Array
    summary_bias: Float32Array
    summary_second: Float32Array
    summary_second_bias: Float32Array

    @classmethod
    def of(
        cls, networks: Sequence[BayesianNetwork], user_features: Sequence[str]
    ) -> StackedWeights:
        """Stack networks of one shape.

        Args:
            networks: The members.
            user_features: Names of the user features, in the encoders' order.

        Returns:
            Copies: the networks may be trained on without any effect here.
        """

        def stacked(part: Callable[[BayesianNetwork], Tensor]) -> Float32Array:
            parts = [part(network).detach().numpy() for network in networks]
            found: Float32Array = np.ascontiguousarray(np.stack(parts))
            return found

        width = networks[0].width
        set_linear = stacked(lambda network: network.set_linear.weight.T)
        first = stacked(lambda network: _weight(network.set_encoder[0]).T)
        # The linear map reads what was rated and Σ φ alone.
        rest = np.zeros((len(networks), first.shape[1] - set_linear.shape[1], width), first.dtype)
        gain = np.full(width + 1, SET_GAIN, dtype=first.dtype)
        gain[-1] = 1
        tables = {
            name: stacked(lambda network, at=at: network.user_embeddings[f"feature_{at}"])  # type: ignore[misc]
            for at, name in enumerate(user_features)
        }
        return cls(
            hidden_weight=stacked(lambda network: network.hidden_weight),
            hidden_bias=stacked(lambda network: network.hidden_bias)[:, None],
            output=stacked(lambda network: network.output)[:, None],
            rates=stacked(lambda network: network.rates * RATE_GAIN).transpose(1, 2, 0)[
                ..., None, None
            ],
            support_damping=stacked(lambda network: network.support_damping_log.exp())[:, None],
            prior_mean=stacked(lambda network: network.prior_mean),
            user_tables={
                name: np.ascontiguousarray(table.transpose(1, 0, 2))
                for name, table in tables.items()
            },
            summary_first=np.concatenate(
                [first, np.concatenate([set_linear, rest], axis=1)], axis=2
            ),
            summary_bias=stacked(lambda network: network.set_encoder[0].bias),  # type: ignore[arg-type, return-value]
            summary_second=stacked(lambda network: _weight(network.set_encoder[3]).T) * gain,
            summary_second_bias=stacked(lambda network: network.set_encoder[3].bias) * gain,  # type: ignore[arg-type, return-value]
        )


def _weight(layer: object) -> Tensor:
    weight: Tensor = layer.weight  # type: ignore[attr-defined]
    return weight
