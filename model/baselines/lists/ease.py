"""EASE: the linear model of items by items with a zero diagonal, in closed form.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sparse

from model.arrays import Float32Array, Int64Array
from model.baselines.lists.likes import Likes
from model.baselines.lists.popularity import PopularItems


class Ease:
    """B = I − P / diag(P) with P = (Xᵀ X + λ I)⁻¹; scores are x B.

    Args:
        likes: Who likes what, X.
        ridge: λ.
    """

    def __init__(self, likes: Likes, ridge: float) -> None:
        gram = likes.together + ridge * np.eye(len(likes.popularity))
        inverse = scipy.linalg.inv(gram, overwrite_a=True, assume_a="pos")
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self._weights = weights.astype(np.float32)
        self._popular = PopularItems(likes)

    def scores(self, users: Int64Array, given: sparse.csr_matrix) -> Float32Array:  # noqa: ARG002
        """Return x B; see `ListBaseline`."""
        found: Float32Array = given @ self._weights + self._popular.tie_break * np.float32(1e-3)
        return found
