"""What somebody would take instead: the factors of `implicit`, a new user folded in."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from model.arrays import Int64Array

FACTORS = 64


def is_installed() -> bool:
    """Tell whether there is something to compare with: the extra `evaluation` brings it."""
    return find_spec("implicit") is not None


class FoldIn:
    """Alternating least squares of a catalogue, which computes a user's factors at each request.

    One regression and one product with all items, whose time depends on their sizes alone: random
    factors take as long as learnt ones.

    Args:
        items: Size of the catalogue.
        seed: Draws the items' factors.
    """

    def __init__(self, items: int, seed: int) -> None:
        from implicit.cpu.als import AlternatingLeastSquares  # an extra; see `is_installed`

        random = np.random.default_rng(seed)
        self._items = items
        with threadpool_limits(1, "blas"):
            self._model = AlternatingLeastSquares(factors=FACTORS, num_threads=1)
        self._model.item_factors = random.normal(0, 0.1, (items, FACTORS)).astype(np.float32)
        self._model.user_factors = np.zeros((1, FACTORS), dtype=np.float32)

    def best(self, chosen: Int64Array, limit: int) -> Int64Array:
        """Fold a user in and return the best other items.

        Args:
            chosen: What the user chose, internal indices without order, shape [n].
            limit: How many.

        Returns:
            Best first, shape [limit].
        """
        shape = (1, self._items)
        row = sparse.csr_matrix((np.ones(len(chosen), "f4"), chosen, [0, len(chosen)]), shape)
        found, _ = self._model.recommend(0, row, N=limit, recalculate_user=True)
        index: Int64Array = found.astype(np.int64)
        return index
