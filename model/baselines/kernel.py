"""Products of items' content rows, in bounded memory."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array

WHOLE_TABLE = 4096
"""Most items whose products are all kept; of more, those of the items at hand are computed."""
_DENSE_COLUMN = 0.02


class ContentKernel:
    """k(i, j) = x_i x_jᵀ of content rows x.

    Args:
        rows: Shape [items, columns].
        items: Number of items, which rows without columns may not tell.
    """

    def __init__(self, rows: sparse.csr_matrix, items: int) -> None:
        self._rows = rows if rows.shape[1] else sparse.csr_matrix((items, 1))
        self._rows = sparse.csr_matrix(self._rows, dtype=np.float32)
        filled = np.asarray(self._rows.getnnz(0)).ravel()
        self._dense = filled > items * _DENSE_COLUMN
        everything = np.arange(items)
        self._table = self._products(everything, everything) if items <= WHOLE_TABLE else None

    def between(self, first: Int64Array, second: Int64Array) -> Tensor:
        """Look up the products of two lists of items an episode.

        Args:
            first: Item indices, shape [B, n].
            second: Item indices, shape [B, m].

        Returns:
            Shape [B, n, m].
        """
        table = self._table
        if table is None:
            rows, first = np.unique(first, return_inverse=True)
            columns, second = np.unique(second, return_inverse=True)
            table = self._products(rows, columns)
        return torch.from_numpy(table[first[:, :, None], second[:, None, :]])

    def _products(self, first: Int64Array, second: Int64Array) -> Float32Array:
        """Products of two lists of items; columns that many items fill are faster dense."""
        thin, thick = self._rows[:, ~self._dense], self._rows[:, self._dense].toarray()
        products: Float32Array = (
            thick[first] @ thick[second].T + (thin[first] @ thin[second].T).toarray()
        )
        return products
