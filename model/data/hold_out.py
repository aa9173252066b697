"""Users who are held out of every training, so that models trained at any time can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from model.arrays import BoolArray, Float64Array

_DIGEST_BYTES = 8


@dataclass(frozen=True)
class HoldOut:
    """A share of all users there may ever be, the same users in every training.

    Whether a user is held out follows from the id alone: place(id) < share, where the place is
    blake2b(id), keyed by a purpose, as a number from 0 to 1. So nobody keeps a list of them,
    whoever comes tomorrow is held out or not from the first answer on, and of two shares the larger
    holds all users of the smaller.

    Attributes:
        share: Of the users, from 0 to 1.
        purpose: Shares for different purposes are drawn independently of each other.
    """

    share: float
    purpose: str = "judged"

    def holds(self, user_ids: Iterable[str]) -> BoolArray:
        """Tell which users are held out.

        Args:
            user_ids: External ids.

        Returns:
            One truth value a user.
        """
        return self.places(user_ids) < self.share

    def places(self, user_ids: Iterable[str]) -> Float64Array:
        """Return where users stand between 0 and 1."""
        key = self.purpose.encode()
        numbers = [
            int.from_bytes(blake2b(one.encode(), digest_size=_DIGEST_BYTES, key=key).digest())
            for one in user_ids
        ]
        return np.array(numbers, dtype=np.float64) / 2.0 ** (8 * _DIGEST_BYTES)


NOBODY = HoldOut(0.0)
