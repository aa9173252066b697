"""How alike the residuals of two items are over the users of both, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor

from model.arrays import Float64Array, Int64Array
from model.data.dataset import Ratings

MOST_ITEMS = 4096
"""Items that are compared; of more, those with most ratings. Memory grows with the square."""
_ABSENT = -1


@dataclass(frozen=True)
class ItemSimilarity:
    """Cosines of the items' residuals.

    Attributes:
        cosine: Of each two of the compared items, shape [m, m].
        common: Number of users of both, shape [m, m].
        row: Row of each item in the tables; -1 if it has none. Shape [items].
    """

    cosine: Tensor
    common: Tensor
    row: Tensor

    @classmethod
    def fit(
        cls, ratings: Ratings, residual: Float64Array, users: int, items: int
    ) -> ItemSimilarity:
        """Compare the items.

        Args:
            ratings: Who rated what.
            residual: What is compared, aligned with `ratings`, shape [ratings].
            users: Number of users.
            items: Number of items.

        Returns:
            The tables.
        """
        count = np.bincount(ratings.item_index, minlength=items)
        most_rated = np.argsort(-count, kind="stable")[:MOST_ITEMS]
        compared = np.sort(most_rated[count[most_rated] > 0])
        row = np.full(items, _ABSENT)
        row[compared] = np.arange(len(compared))
        kept = row[ratings.item_index] != _ABSENT
        place = (ratings.user_index[kept], row[ratings.item_index[kept]])

        def table(values: Float64Array) -> sparse.csr_matrix:
            values = values[kept].astype(np.float32)
            return sparse.csr_matrix((values, place), (users, len(compared)))

        rated, signed = table(np.ones(len(residual))), table(residual)
        common = (rated.T @ rated).toarray()
        # Σ over the users of both of the first item's squared residuals.
        energy = (table(residual**2).T @ rated).toarray()
        cosine = (signed.T @ signed).toarray() / np.sqrt(energy * energy.T + np.float32(1e-6))
        return cls(torch.from_numpy(cosine), torch.from_numpy(common), torch.from_numpy(row))

    def shrunk(self, first: Int64Array, second: Int64Array, shrinkage: float) -> Tensor:
        """Look up cosine · n / (n + shrinkage) for n common users, at least 0.

        Args:
            first: Item indices, shape [B, n].
            second: Item indices, shape [B, m].
            shrinkage: Number of common users that halves the cosine.

        Returns:
            Shape [B, n, m].
        """
        rows, columns = self.row[first].unsqueeze(-1), self.row[second].unsqueeze(-2)
        common = self.common[rows, columns]
        similarity = self.cosine[rows, columns] * (common / (common + shrinkage))
        compared = (rows != _ABSENT) & (columns != _ABSENT)
        return similarity.clamp(min=0.0) * compared
