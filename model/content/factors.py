"""Item factors: of the ratings (probabilistic PCA), and of who rated what."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from scipy.linalg import orthogonal_procrustes
from scipy.sparse.linalg import LinearOperator, svds

from model.arrays import Float32Array, Float64Array, Int64Array
from model.content.signs import with_fixed_signs
from model.data.dataset import Ratings

_EM_ITERATIONS = 15
_FIRST_NOISE = 0.75
USER_BIAS_VARIANCE = 0.2
_NOTHING_LEFT = 1e-9
_USERS_BLOCK = 65_536


def probabilistic_pca(
    ratings: Ratings,
    residual: Float64Array,
    items: int,
    *,
    ridge: float,
    start: Float64Array,
) -> Float32Array:
    """Factorise residuals with missing values by expectation-maximisation.

    residual_ui = v_iᵀ z_u + s t_u + noise with z_u, t_u ~ N(0, 1): t is the user's bias, whose
    loading s is fixed (s² = 0.2), and v_i are the loadings sought, with a ridge penalty. (Tipping
    and Bishop, "Probabilistic Principal Component Analysis", 1999, with missing values.)

    Args:
        ratings: Who rated what.
        residual: What is to be explained, aligned with `ratings`, shape [ratings].
        items: Number of items.
        ridge: Penalty on v_i, in units of the user factors' second moments.
        start: v to begin with, small and random, shape [items, factors].

    Returns:
        v, shape [items, factors]; zero for items without ratings.
    """
    used, user = np.unique(ratings.user_index, return_inverse=True)
    blocks = _user_blocks(user, ratings.item_index, residual, (len(used), items))
    of_all = ratings.ranks.total
    rated = of_all(np.bincount(ratings.item_index, minlength=items)) > 0
    squares, count = of_all(np.array([(residual**2).sum(), len(residual)]))
    factors = start.shape[1]
    width = factors + 1
    upper = np.triu_indices(width)
    bias_loading = np.full((items, 1), USER_BIAS_VARIANCE**0.5)
    loadings = np.concatenate([start, bias_loading], 1).astype(np.float32)
    noise = _FIRST_NOISE
    for _ in range(_EM_ITERATIONS):
        outer = loadings[:, upper[0]] * loadings[:, upper[1]]
        moments = np.zeros((items, width, width), np.float32)
        cross = np.zeros((items, width), np.float32)
        for block in blocks:
            half = block.ones @ outer
            precision = np.empty((len(half), width, width), np.float32)
            precision[:, upper[0], upper[1]] = precision[:, upper[1], upper[0]] = half
            covariance = np.linalg.inv(precision / noise + np.eye(width, dtype="f4"))
            mean = np.einsum("uab,ub->ua", covariance, block.values @ loadings) / noise
            second = (covariance + mean[:, :, None] * mean[:, None, :]).reshape(len(half), -1)
            moments += (block.ones_by_item @ second).reshape(-1, width, width)
            cross += block.values_by_item @ mean
        moments, cross = of_all(moments), of_all(cross)
        # The loading of the bias stays: solve for the others given it.
        target = cross[:, :factors] - moments[:, :factors, factors] * loadings[:, factors:]
        penalised = moments[:, :factors, :factors] + ridge * np.eye(factors, dtype="f4")
        loadings[:, :factors] = np.linalg.solve(penalised, target[:, :, None])[:, :, 0]
        loadings[~rated, :factors] = 0
        explained = np.einsum("iab,ia,ib->", moments, loadings, loadings)
        error = squares - 2 * (loadings * cross).sum() + explained
        noise = float(error / count)
    return loadings[:, :factors].copy()


class _UserBlock(NamedTuple):
    """The ratings of some users: who rated what, and the residuals, by user and by item."""

    ones: sparse.csr_matrix
    values: sparse.csr_matrix
    ones_by_item: sparse.csr_matrix
    values_by_item: sparse.csr_matrix


def _user_blocks(
    user: Int64Array, item: Int64Array, residual: Float64Array, shape: tuple[int, int]
) -> list[_UserBlock]:
    """Part the ratings by user: second moments of all users at once would not fit in memory."""
    ones = sparse.csr_matrix((np.ones(len(user), np.float32), (user, item)), shape)
    values = sparse.csr_matrix((residual.astype(np.float32), (user, item)), shape)
    blocks = []
    for start in range(0, shape[0], _USERS_BLOCK):
        some = slice(start, start + _USERS_BLOCK)
        mine = ones[some], values[some]
        blocks.append(_UserBlock(*mine, *(matrix.T.tocsr() for matrix in mine)))
    return blocks


def cooccurrence_factors(
    ratings: Ratings, users: int, items: int, factors: int, start: Float64Array
) -> Float32Array:
    """Factorise who rated what, whatever the ratings: which items are known to the same people.

    A truncated SVD of A, the 0/1 matrix divided by √((n_u + 10)(n_i + 10)), without what activity
    alone explains. That is the direction of √(n_u + 10) among users and of √(n_i + 10) among
    items, for which A has its largest singular value, or nearly so (it is exact without the 10).
    It is projected out: to leave "the first factor" out instead would hang on the order of
    singular values, which equal communities have equal, and then on the machine's arithmetic.

    Args:
        ratings: Who rated what.
        users: Number of users.
        items: Number of items.
        factors: Number of factors wanted; fewer come where the matrix is smaller.
        start: The solver's, random, shape [min(users, items)].

    Returns:
        Shape [items, factors], with a mean square of 1.
    """
    of_all = ratings.ranks.total
    user_count = of_all(np.bincount(ratings.user_index, minlength=users))
    item_count = of_all(np.bincount(ratings.item_index, minlength=items))
    weight = 1 / np.sqrt(
        (user_count[ratings.user_index] + 10.0) * (item_count[ratings.item_index] + 10.0)
    )
    matrix = sparse.csr_matrix((weight, (ratings.user_index, ratings.item_index)), (users, items))
    count = min(factors, min(matrix.shape) - 2)
    if count < 1:
        return np.zeros((items, 0), np.float32)
    by_user, by_item = _unit(np.sqrt(user_count + 10.0)), _unit(np.sqrt(item_count + 10.0))
    among_users, among_items = _without(by_user), _without(by_item)
    # The squares that are left, of which there are none where everybody rated the same items.
    of_items, of_users = of_all(matrix @ by_item), of_all(matrix.T @ by_user)
    squares = of_all(np.array([(weight**2).sum()]))[0]
    left = squares - of_items @ of_items - of_users @ of_users + (by_user @ of_items) ** 2
    if left < _NOTHING_LEFT * squares:
        return np.zeros((items, 0), np.float32)
    rest = LinearOperator(
        matrix.shape,
        matvec=lambda x: among_users(of_all(matrix @ among_items(x.ravel()))),
        rmatvec=lambda x: among_items(of_all(matrix.T @ among_users(x.ravel()))),
        dtype=np.float64,
    )
    _, size, right = svds(rest, count, v0=start)
    order = np.argsort(-size)
    right = with_fixed_signs(right)
    found = (right[order] * size[order, None]).T / np.sqrt(item_count + 10.0)[:, None]
    scaled = found / (np.sqrt((found**2).mean()) + 1e-12)
    clipped: Float32Array = scaled.clip(-5, 5).astype(np.float32)
    return clipped


def _unit(vector: Float64Array) -> Float64Array:
    unit: Float64Array = vector / np.linalg.norm(vector)
    return unit


def _without(unit: Float64Array) -> Callable[[Float64Array], Float64Array]:
    """Return the projection that leaves a direction out."""
    return lambda vector: vector - unit * (unit @ vector)


def rotate_onto(factors: Float32Array, target: Float32Array, weight: Float64Array) -> Float32Array:
    """Rotate factors onto the axes of others (orthogonal Procrustes).

    Factors are free up to a rotation; two fits can be compared only on common axes.

    Args:
        factors: Shape [items, factors].
        target: Shape [items, factors].
        weight: How much each item counts, shape [items].

    Returns:
        Shape [items, factors].
    """
    rotation = rotation_onto(factors * weight[:, None], target)
    rotated: Float32Array = (factors @ rotation).astype(np.float32)
    return rotated


def rotation_onto(
    rows: npt.NDArray[np.floating], target: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
    """Find the rotation, or reflection, that brings rows nearest to others, shape [width, width].

    Args:
        rows: Shape [rows, width].
        target: Shape [rows, width]; rows of 0 do not count.

    Returns:
        To be multiplied with rows.
    """
    rotation: npt.NDArray[np.floating]
    rotation, _ = orthogonal_procrustes(rows, target)
    return rotation
