"""The local update of the preset `default`, whole: θ and a support set in, a user's own copy out.

1. A prior of w from the user's features and a summary of the support set (`prior_of`).
2. The exact posterior mean of w, as of a Bayesian linear regression (`posterior_mean`).
3. A few gradient steps of all decision layers (w, v, W, b), with learnt rates (`gradient_steps`).

All of it can be differentiated through, so that the global update learns what it starts from. This
is what training runs, and the reference for the fast copy that serves,
`model.bayesian.serving.local_update`, which `tests/model/bayesian/test_serving.py` holds to it.

Dimensions: B episodes, n ratings, D representation, H hidden decision layer.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from model.bayesian.decision_layers import DecisionWeights, rating_precision
from model.bayesian.network import (
    MOMENT_DAMPING,
    RATE_GAIN,
    SET_DAMPING,
    SET_GAIN,
    BayesianNetwork,
    Representation,
    SupportSet,
)
from model.features import EncodedTable


def local_update(
    network: BayesianNetwork, items: Representation, users: EncodedTable, support: SupportSet
) -> DecisionWeights:
    """Adapt a copy of the decision layers to each support set; θ is left untouched.

    Args:
        network: θ.
        items: Represented items.
        users: The users' encoded features, B rows.
        support: The support sets.

    Returns:
        Each episode's own decision layers.
    """
    phi = items.phi[support.row]
    prior, noise_log = prior_of(network, items, users, support, phi)
    precision = support.mask * rating_precision(
        items.noise_log[support.row] + noise_log.unsqueeze(1)
    )
    # The hidden layer's part is taken as θ has it; what is left is for w to explain.
    left = support.residual - (network.hidden_layer(phi) @ network.output) * support.mask
    start = posterior_mean(phi, left, precision, prior)
    episodes = len(phi)
    decision = DecisionWeights(
        linear=start,
        hidden_weight=network.hidden_weight.expand(episodes, -1, -1),
        hidden_bias=network.hidden_bias.expand(episodes, -1),
        output=network.output.expand(episodes, -1),
    )
    return gradient_steps(
        decision,
        phi,
        support.residual,
        support.mask,
        rates=network.rates * RATE_GAIN,
        support_damping=network.support_damping_log.exp(),
    )


def prior_of(
    network: BayesianNetwork,
    items: Representation,
    users: EncodedTable,
    support: SupportSet,
    phi: Tensor,
) -> tuple[Tensor, Tensor]:
    """Step 1: what is expected of a user before the ratings are fitted.

    It depends on the user's features (an embedding each), on which items were rated, and on how:
    sums over the support set that are divided by √(n + 5), and moments of the ratings.

    Args:
        network: θ.
        items: Represented items.
        users: The users' encoded features, B rows.
        support: The support sets.
        phi: Representations of the support sets, shape [B, n, D].

    Returns:
        Prior mean m of w, shape [B, D], and the log of a factor on the noise, shape [B].
    """
    c = network.config.set_inputs
    mean = network.prior_mean.expand(len(support.row), -1)
    for table, name in zip(network.user_embeddings.values(), network.user_features, strict=True):
        column = users[name]
        mean = mean + functional.embedding_bag(
            torch.from_numpy(column.slots),
            table,
            torch.from_numpy(column.offsets[:-1]),
            mode="mean",
        )
    number = support.mask.sum(1, keepdim=True)
    root = (number + SET_DAMPING).sqrt()
    mask = support.mask.unsqueeze(-1)
    parts = items.summary[support.row] * mask
    seen = torch.cat([parts[..., :c].sum(1), (phi * mask).sum(1)], dim=1) / root
    liked = (parts[..., c:] * support.residual.unsqueeze(-1)).sum(1) / root
    place = ((support.rating - 1) / 2 - 1) * support.mask  # −1 lowest, 1 highest
    moments = torch.stack(
        [place.sum(1), (place**2).sum(1), (place**3).sum(1), (support.residual**2).sum(1)],
        dim=1,
    ) / (number + MOMENT_DAMPING)
    size = torch.log1p(number) / 3
    read = network.set_encoder(torch.cat([seen, liked, moments, size], dim=1))
    return mean + network.set_linear(seen) + SET_GAIN * read[:, :-1], read[:, -1]


def posterior_mean(phi: Tensor, residual: Tensor, precision: Tensor, prior: Tensor) -> Tensor:
    """Step 2, in closed form: the posterior mean of w, w ~ N(m, I), residual_j ~ N(w·φ_j, 1/p_j).

    w = m + (I + Φᵀ P Φ)⁻¹ Φᵀ P (r − Φ m); a rating with p = 0 is no rating. It is one Newton step
    on the local loss (Bayesian linear regression; as a start of meta-learning: Harrison, Sharma
    and Pavone, "Meta-Learning Priors for Efficient Online Bayesian Regression", 2018).

    Args:
        phi: Φ, shape [B, n, D].
        residual: r, shape [B, n].
        precision: p, shape [B, n].
        prior: m, shape [B, D].

    Returns:
        Shape [B, D].
    """
    weighted = phi * precision.unsqueeze(-1)
    left = residual - (phi @ prior.unsqueeze(-1)).squeeze(-1)
    information = weighted.mT @ phi + torch.eye(phi.shape[-1], dtype=phi.dtype)
    factor = torch.linalg.cholesky(information)
    solved = torch.cholesky_solve(weighted.mT @ left.unsqueeze(-1), factor)
    return prior + solved.squeeze(-1)


def gradient_steps(
    decision: DecisionWeights,
    phi: Tensor,
    residual: Tensor,
    mask: Tensor,
    *,
    rates: Tensor,
    support_damping: Tensor,
) -> DecisionWeights:
    """Step 3: gradient steps on Σ (√(1 + e²) − 1) / (n + n₀), e = prediction − residual.

    The inner loop of MAML (Finn, Abbeel and Levine, 2017) and of MeLU (Lee et al., 2019, algorithm
    1, line 8), with a rate learnt for each step and layer (Antoniou, Edwards and Storkey, "How to
    train your MAML", 2019). The derivative e / √(1 + e²) of the pseudo-Huber loss keeps one odd
    rating from moving the weights far; n₀ shortens the steps of users with few ratings.

    Args:
        decision: Where each episode starts; left untouched.
        phi: Representations of the support set, shape [B, n, D].
        residual: What is to be predicted, 0 where padded, shape [B, n].
        mask: 1 for a rating, 0 for padding, shape [B, n].
        rates: Step sizes of W, b, v and w in each step, shape [steps, 4].
        support_damping: n₀, a scalar.

    Returns:
        The weights after the last step.
    """
    weight, bias = decision.hidden_weight, decision.hidden_bias
    output, linear = decision.output, decision.linear
    share = 1.0 / (mask.sum(1) + support_damping)
    for rate in rates:
        hidden = torch.tanh(phi @ weight + bias.unsqueeze(1))
        error = (phi @ linear.unsqueeze(-1) + hidden @ output.unsqueeze(-1)).squeeze(-1)
        error = error - residual
        delta = error / torch.sqrt(1 + error**2) * mask * share.unsqueeze(1)
        delta_hidden = delta.unsqueeze(-1) * output.unsqueeze(1) * (1 - hidden**2)
        # All four gradients are taken before any weight moves.
        weight = weight - rate[0] * (phi.mT @ delta_hidden)
        bias = bias - rate[1] * delta_hidden.sum(1)
        output = output - rate[2] * (hidden * delta.unsqueeze(-1)).sum(1)
        linear = linear - rate[3] * (phi * delta.unsqueeze(-1)).sum(1)
    return DecisionWeights(linear, weight, bias, output)
