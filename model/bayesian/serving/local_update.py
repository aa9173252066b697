"""The local update as a service runs it: without autograd, in the support set's own coordinates.

Every gradient with respect to W and w is a sum of the support set's representations, so after any
number of steps w = m + Φᵀ α and W = W₀ + Φᵀ G with Φ the support set's representations. The steps
move α and G; all that they need of Φ is the Gram matrix K = Φ Φᵀ. The posterior mean that they
start from is, in the same coordinates, α = (K + P⁻¹)⁻¹ (r − Φ m).

Its arrays are small, so that calls take longer than arithmetic: several users side by side, shorter
support sets padded, take little longer than one.

`model.bayesian.local_update` is the same update as training runs it, and the one to read;
`tests/model/bayesian/test_serving.py` holds this fast copy to it.

The arrays are so small that calls take longer than arithmetic, so that several users at once, with
shorter support sets padded, take far less than one after the other.

Dimensions: B variants of one support set, or B users, M members, n ratings, D representation,
H hidden decision layer, C inputs to a support set's summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dposv
from scipy.special import expit

from model.arrays import Float32Array, Int64Array
from model.bayesian.decision_layers import LEAST_NOISE_LOG
from model.bayesian.network import MOMENT_DAMPING, SET_DAMPING
from model.bayesian.serving.weights import StackedWeights
from model.features import Slots


@dataclass(frozen=True)
class RatedItems:
    """A support set, as the members see its items; or those of B users, with B in front.

    Attributes:
        phi: Φ, shape [M, n, D].
        summary: Contributions to the support set's summary, shape [M, n, 2 C].
        base: Base ratings, shape [M, n].
        noise_log: Log variance of a rating, shape [M, n].
        rating: Brought to a range of 4, shape [n].
    """

    phi: Float32Array
    summary: Float32Array
    base: Float32Array
    noise_log: Float32Array
    rating: Float32Array

    @classmethod
    def joined(cls, parts: Sequence[RatedItems], order: Int64Array) -> RatedItems:
        """Put support sets side by side.

        Args:
            parts: Their ratings one after the other.
            order: Which of all these ratings comes first, second, …

        Returns:
            One support set.
        """
        axes = {"phi": 1, "summary": 1, "base": 1, "noise_log": 1, "rating": 0}
        return cls(
            **{
                name: np.take(np.concatenate([getattr(p, name) for p in parts], axis), order, axis)
                for name, axis in axes.items()
            }
        )

    @classmethod
    def padded(cls, users: Sequence[RatedItems]) -> tuple[RatedItems, Float32Array]:
        """Put the support sets of B users beside each other.

        Args:
            users: Of each the support set.

        Returns:
            All of them, with zeros behind the shorter ones; and 1 for each rating that there is,
            else 0, shape [B, n].
        """
        counts = [len(one.rating) for one in users]
        most = max(counts)
        members, _, width = users[0].phi.shape
        found = cls(
            phi=np.zeros((len(users), members, most, width), np.float32),
            summary=np.zeros((len(users), members, most, users[0].summary.shape[2]), np.float32),
            base=np.zeros((len(users), members, most), np.float32),
            noise_log=np.zeros((len(users), members, most), np.float32),
            rating=np.zeros((len(users), most), np.float32),
        )
        kept = np.zeros((len(users), most), np.float32)
        for at, (one, count) in enumerate(zip(users, counts, strict=True)):
            found.phi[at, :, :count] = one.phi
            found.summary[at, :, :count] = one.summary
            found.base[at, :, :count] = one.base
            found.noise_log[at, :, :count] = one.noise_log
            found.rating[at, :count] = one.rating
            kept[at, :count] = 1
        return found, kept


@dataclass(frozen=True)
class AdaptedWeights:
    """The decision layers of B variants, or users.

    Attributes:
        linear: w, shape [B, M, D].
        hidden_weight: W, shape [B, M, D, H].
        hidden_bias: b, shape [B, M, 1, H].
        output: v, shape [B, M, 1, H].
        hidden_change: ‖W_h − W₀_h‖ of each hidden unit h, shape [B, M, H].
        bias_change: |b_h − b₀_h|, shape [B, M, H].
        noise: Variance of each rating that the start was computed with, shape [B, M, n].
        noise_log: Log of the user's own factor of such variances, shape [B, M, 1].
    """

    linear: Float32Array
    hidden_weight: Float32Array
    hidden_bias: Float32Array
    output: Float32Array
    hidden_change: Float32Array
    bias_change: Float32Array
    noise: Float32Array
    noise_log: Float32Array

    def predict(self, phi: Float32Array) -> Float32Array:
        """Return the mean over the members of w·φ + v·tanh(Wᵀ φ + b).

        Args:
            phi: Shape [M, rows, D], or [B, M, rows, D] for others of each variant.

        Returns:
            Shape [B, rows].
        """
        hidden = phi @ self.hidden_weight
        hidden += self.hidden_bias
        np.tanh(hidden, out=hidden)
        both = phi @ self.linear[..., None] + hidden @ self.output.mT
        mean: Float32Array = both[..., 0].mean(1)
        return mean

    def of_user(self, at: int, count: int) -> AdaptedWeights:
        """Return the decision layers of one of B users, who gave `count` ratings."""
        one = slice(at, at + 1)
        return AdaptedWeights(
            linear=self.linear[one],
            hidden_weight=self.hidden_weight[one],
            hidden_bias=self.hidden_bias[one],
            output=self.output[one],
            hidden_change=self.hidden_change[one],
            bias_change=self.bias_change[one],
            noise=self.noise[one, :, :count],
            noise_log=self.noise_log[one],
        )


def local_update(
    theta: StackedWeights,
    users: Sequence[Slots],
    rated: RatedItems,
    kept: Float32Array | None = None,
) -> AdaptedWeights:
    """Adapt copies of the decision layers to a support set, to parts of it, or to those of B users.

    Args:
        theta: θ, left untouched.
        users: The features of the user, or of each of B.
        rated: The support set, or those of B users as `RatedItems.padded` returns them.
        kept: 1 for each rating that a variant learns from, else 0, shape [B, n]; one variant that
            learns from all if None.

    Returns:
        The adapted weights of each variant, or user.
    """
    residual = rated.rating[..., None, :] - rated.base
    prior, noise_log = _prior(theta, users, rated, residual, kept)
    noise = np.exp(np.maximum(rated.noise_log + noise_log, LEAST_NOISE_LOG))
    count = rated.rating.shape[-1]
    if not count:
        return _unchanged(theta, prior, noise, noise_log)

    gram = rated.phi @ rated.phi.mT
    start = rated.phi @ theta.hidden_weight
    start += theta.hidden_bias
    linear = rated.phi @ prior[..., None]
    target = residual[..., None]
    left = target - linear - np.tanh(start) @ theta.output.mT
    alpha = _posterior_coordinates(gram, noise, left, kept)
    in_hidden, bias, output = _gradient_steps(
        theta, gram, start, linear - target, alpha, _shares(theta, count, kept)
    )
    moved = gram @ in_hidden
    moved *= in_hidden
    hidden_weight = rated.phi.mT @ in_hidden
    hidden_weight += theta.hidden_weight
    return AdaptedWeights(
        linear=prior + (rated.phi.mT @ alpha)[..., 0],
        hidden_weight=hidden_weight,
        hidden_bias=theta.hidden_bias + bias,
        output=output,
        hidden_change=np.sqrt(np.maximum(moved.sum(-2), 0)),
        bias_change=np.abs(bias[..., 0, :]),
        noise=noise,
        noise_log=noise_log,
    )


def _gradient_steps(
    theta: StackedWeights,
    gram: Float32Array,
    start: Float32Array,
    error_at_start: Float32Array,
    alpha: Float32Array,
    share: Float32Array,
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Take the gradient steps; see `model.bayesian.local_update.gradient_steps`.

    The arrays are so small that each operation costs more by being one than by what it computes;
    hence as few as will do, in place and on contiguous memory.

    Args:
        theta: θ.
        gram: K, shape [M, n, n].
        start: Wᵀ φ + b under θ, shape [M, n, H].
        error_at_start: m·φ − r, shape [B, M, n, 1].
        alpha: α, shape [B, M, n, 1]; moved in place.
        share: What each rating counts for, shape [M, 1, 1] or [B, M, n, 1].

    Returns:
        G, the change of b, and v: shapes [B, M, n, H], [B, M, 1, H] and [B, M, 1, H].
    """
    in_hidden = np.zeros((*alpha.shape[:-1], start.shape[-1]), dtype=start.dtype)
    hidden, still = np.empty_like(in_hidden), np.empty_like(in_hidden)
    still[:] = start
    bias = np.zeros((*alpha.shape[:-2], 1, start.shape[-1]), dtype=start.dtype)
    output = np.empty_like(bias)
    output[:] = theta.output
    ones = np.ones((1, start.shape[-2]), dtype=start.dtype)
    for of_weight, of_bias, of_output, of_linear in theta.rates:
        np.matmul(gram, in_hidden, out=hidden)
        hidden += still
        np.tanh(hidden, out=hidden)
        error = hidden @ output.mT
        error += gram @ alpha
        error += error_at_start
        delta = error * error
        delta += 1
        np.sqrt(delta, out=delta)
        np.divide(error, delta, out=delta)
        delta *= share
        # All four gradients are taken before any weight moves.
        inner = delta * output
        output -= of_output * (delta.mT @ hidden)
        hidden *= hidden
        np.subtract(1, hidden, out=hidden)
        inner *= hidden
        bias_step = of_bias * (ones @ inner)
        bias -= bias_step
        still -= bias_step
        inner *= of_weight
        in_hidden -= inner
        delta *= of_linear
        alpha -= delta
    return in_hidden, bias, output


def _shares(theta: StackedWeights, count: int, kept: Float32Array | None) -> Float32Array:
    """What each rating counts for in the local loss: 1 / (n + n₀), or 0 if it is not kept."""
    damping = theta.support_damping[..., None]
    if kept is None:
        of_all: Float32Array = np.reciprocal(count + damping)
        return of_all
    of_kept: Float32Array = kept[:, None, :, None] / (kept.sum(1)[:, None, None, None] + damping)
    return of_kept


def _posterior_coordinates(
    gram: Float32Array, noise: Float32Array, left: Float32Array, kept: Float32Array | None
) -> Float32Array:
    """Solve (K + P⁻¹) α = r − Φ m; a rating that is not kept gets α = 0."""
    # Of many alike ratings K is nearly singular, which single precision would not survive.
    information = np.empty((*noise.shape, noise.shape[-1]), dtype=np.float64)
    information[:] = gram
    target = np.empty((*noise.shape, 1), dtype=np.float64)
    target[:] = left
    if kept is not None:
        information *= (kept[:, :, None] * kept[:, None, :])[:, None]
        target *= kept[:, None, :, None]
    flat = information.reshape(*noise.shape[:-1], -1)
    flat[..., :: noise.shape[-1] + 1] += noise
    alpha = np.empty(target.shape, dtype=gram.dtype)
    for one in np.ndindex(noise.shape[:-1]):
        # LAPACK itself: what NumPy and SciPy put around it takes longer than the solution.
        _, alpha[one], failed = dposv(information[one], target[one])
        if failed:
            # Whoever asked finds a number that went wrong, instead of one that looks right.
            alpha[one] = np.nan
    return alpha


def _prior(
    theta: StackedWeights,
    users: Sequence[Slots],
    rated: RatedItems,
    residual: Float32Array,
    kept: Float32Array | None,
) -> tuple[Float32Array, Float32Array]:
    """Prior mean of w, shape [B, M, D], and log of a noise factor, shape [B, M, 1]."""
    means = [_mean_of_features(theta, user) for user in users]
    mean = means[0] if len(means) == 1 else np.stack(means)
    d = mean.shape[-1]
    c = rated.summary.shape[-1] // 2
    members, count = residual.shape[-2:]
    variants = 1 if kept is None else len(kept)
    number = np.full((1, 1), count, residual.dtype) if kept is None else kept.sum(1)[:, None]
    # One row sums what was rated, the other weighs it by how it was liked.
    weigh = np.empty((variants, members, 2, count), dtype=residual.dtype)
    weigh[:, :, 0] = 1
    weigh[:, :, 1] = residual
    if kept is not None:
        weigh *= kept[:, None, None]
    weigh /= np.sqrt(number + SET_DAMPING)[..., None, None]
    sums = weigh @ rated.summary
    place = (rated.rating - 1) / 2 - 1  # −1 lowest, 1 highest
    squared = place * place
    inputs = np.empty((variants, members, 1, 2 * c + d + 5), dtype=residual.dtype)
    x = inputs[:, :, 0]
    x[..., :c] = sums[:, :, 0, :c]
    x[..., c : c + d] = (weigh[:, :, :1] @ rated.phi)[:, :, 0]
    x[..., c + d : 2 * c + d] = sums[:, :, 1, c:]
    moments = x[..., 2 * c + d : -1]
    if kept is None:
        moments[..., 0], moments[..., 1] = place.sum(), squared.sum()
        moments[..., 2] = squared @ place
        moments[..., 3] = (residual * residual).sum(-1)
    else:
        powers = np.stack([place, squared, squared * place], axis=-1)
        moments[..., :3] = kept[:, None] @ powers
        moments[..., 3] = (kept[:, None] * residual**2).sum(-1)
    moments /= (number + MOMENT_DAMPING)[..., None]
    x[..., -1] = np.log1p(number) / 3
    first: Float32Array = (inputs @ theta.summary_first)[..., 0, :]
    inner = first[..., :-d] + theta.summary_bias
    hidden: Float32Array = inner * expit(inner)
    second: Float32Array = (hidden[..., None, :] @ theta.summary_second)[..., 0, :]
    second += theta.summary_second_bias
    return mean + first[..., -d:] + second[..., :-1], second[..., -1:]


def _mean_of_features(theta: StackedWeights, user: Slots) -> Float32Array:
    """Prior mean of w as far as a user's features tell, shape [M, D]."""
    mean = theta.prior_mean
    for name, table in theta.user_tables.items():
        slots = user[name]
        mean = mean + (table[slots[0]] if len(slots) == 1 else table[list(slots)].mean(0))
    return mean


def _unchanged(
    theta: StackedWeights, prior: Float32Array, noise: Float32Array, noise_log: Float32Array
) -> AdaptedWeights:
    nothing = np.zeros((1, *theta.output[:, 0].shape), dtype=prior.dtype)
    return AdaptedWeights(
        linear=prior,
        hidden_weight=theta.hidden_weight[None],
        hidden_bias=theta.hidden_bias[None],
        output=theta.output[None],
        hidden_change=nothing,
        bias_change=nothing,
        noise=noise,
        noise_log=noise_log,
    )
