"""The same list for everybody: what most users like."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse

from model.arrays import Float32Array, Int64Array
from model.baselines.lists.likes import Likes

TIE_BREAK = 1e-6
"""Weight of popularity, from 0 to 1, where another baseline has equal scores."""


class PopularItems:
    """Ranks by the number of likes."""

    def __init__(self, likes: Likes) -> None:
        highest = max(likes.popularity.max(initial=0), 1)
        self._share = (likes.popularity / highest).astype(np.float32)

    def scores(self, users: Int64Array, given: sparse.csr_matrix) -> Float32Array:  # noqa: ARG002
        """Return the number of likes as a share of the highest; see `ListBaseline`."""
        return np.tile(self._share, (len(users), 1))

    @property
    def tie_break(self) -> Float32Array:
        """What orders items that another baseline scores alike, shape [items]."""
        small: Float32Array = self._share * np.float32(TIE_BREAK)
        return small
