"""Item-kNN: what those like who like the same, by shrunk cosine.

Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse

from model.arrays import Float32Array, Int64Array
from model.baselines.lists.likes import Likes
from model.baselines.lists.popularity import PopularItems


class ItemKnn:
    """Scores an item by Σ_j n_ij / (√(n_i n_j) + shrinkage) over the likes j that are given.

    Args:
        likes: Who likes what.
        shrinkage: Likes in common that are as good as none.
    """

    def __init__(self, likes: Likes, shrinkage: float) -> None:
        root = np.sqrt(likes.popularity)
        similarity = likes.together / (np.outer(root, root) + shrinkage)
        np.fill_diagonal(similarity, 0)
        self._similarity = similarity.astype(np.float32)
        self._popular = PopularItems(likes)

    def scores(self, users: Int64Array, given: sparse.csr_matrix) -> Float32Array:  # noqa: ARG002
        """Sum the similarities to the given likes; see `ListBaseline`."""
        found: Float32Array = given @ self._similarity + self._popular.tie_break
        return found
