"""iALS: weighted matrix factorisation, a new user folded in; with attributes or without.

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008, by the
library `implicit`. Attributes come in as more rows and columns: a value of a user feature is an
"item" of all users who have it, a value of an item feature is a "user" of all items that have it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from model.arrays import Float32Array, Int64Array
from model.baselines.lists.likes import Likes
from model.baselines.lists.popularity import PopularItems
from model.content.content import ItemContent
from model.content.item_bias_prior import taste_weights
from model.errors import ModelError

_ITERATIONS = 15


class Ials:
    """Factors of users and items, w_ui = 1 + alpha for a like and 1 elsewhere.

    Args:
        likes: Who likes what.
        factors: Number of factors.
        ridge: Penalty on the factors.
        alpha: Weight of a like.
        attributes: Weight of an attribute beside a like; 0 leaves attributes out.
    """

    def __init__(
        self, likes: Likes, factors: int, ridge: float, alpha: float, attributes: float = 0.0
    ) -> None:
        self._items = likes.matrix.shape[1]
        self._likes, self._attributes = likes, attributes
        self._popular = PopularItems(likes)
        matrix = likes.matrix
        if attributes:
            known = likes.popularity > 0
            content = ItemContent.fit(
                likes.dataset.item_features,
                likes.dataset.item_feature_kinds,
                known,
                np.random.default_rng(0),
            )
            categories = {kind: 1.0 for kind in taste_weights() if kind.content_width is None}
            below = content.rows(categories).T.astype(bool).astype(np.float32) * attributes
            beside = self._user_columns(np.arange(matrix.shape[0]))
            matrix = sparse.csr_matrix(sparse.bmat([[matrix, beside], [below, None]]))
        with threadpool_limits(1, "blas"):
            self._model = _library()(
                factors=factors,
                regularization=ridge,
                alpha=alpha,
                iterations=_ITERATIONS,
                random_state=0,
            )
            self._model.fit(sparse.csr_matrix(matrix, dtype=np.float32), show_progress=False)

    def _user_columns(self, users: Int64Array) -> sparse.csr_matrix:
        blocks = []
        for column in self._likes.users.values():
            mine = column.rows(users)
            slots = int(column.slots.max(initial=0)) + 1
            block = sparse.csr_matrix(
                (np.ones(len(mine.slots), np.float32), mine.slots, mine.offsets),
                (len(users), slots),
            )
            blocks.append(block[:, 1:] * np.float32(self._attributes))
        if not blocks:
            return sparse.csr_matrix((len(users), 0), dtype=np.float32)
        return sparse.hstack(blocks).tocsr()

    def scores(self, users: Int64Array, given: sparse.csr_matrix) -> Float32Array:
        """Fold the users in and score by their factors; see `ListBaseline`."""
        rows = given.astype(np.float32)
        if self._attributes:
            rows = sparse.csr_matrix(sparse.hstack([rows, self._user_columns(users)]))
        with threadpool_limits(1, "blas"):
            factors = self._model.recalculate_user(np.arange(len(users)), sparse.csr_matrix(rows))
        found: Float32Array = factors @ self._model.item_factors[: self._items].T
        return found + self._popular.tie_break


def _library() -> Any:  # noqa: ANN401 - it has no types
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError as error:
        raise ModelError(
            "the baseline ials needs the library implicit: pip install 'melu-online[evaluation]'."
        ) from error
    return AlternatingLeastSquares
