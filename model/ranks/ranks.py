"""What a training asks of the processes that it runs in, answered for a single one.

Users are dealt to the ranks by their index; a rank holds the ratings of its own users alone.
Whatever decides how the training goes on is the same on every rank: the same source of randomness
draws the same users, and sums over all ratings are sums over the ranks. So all ranks make the same
steps in the same order, and a checkpoint of one is a checkpoint of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from model.arrays import Int64Array

if TYPE_CHECKING:  # commands that read data alone should not wait for torch
    import torch
    from torch import Tensor

_Number = TypeVar("_Number", bound=np.generic)
_Value = TypeVar("_Value")


class Ranks:
    """A training in one process; `model.ranks.torch_ranks` is one in several.

    Attributes:
        rank: Number of this process, from 0. Rank 0 alone writes.
        size: How many processes there are.
    """

    rank = 0
    size = 1

    def mine(
        self,
        users: Int64Array,  # noqa: ARG002 - who is alone has everybody
    ) -> Int64Array | slice:
        """Tell whom of some users this rank has.

        Args:
            users: Internal user indices, shape [users].

        Returns:
            Places in `users`; a slice of all of them for a rank that has everybody.
        """
        return slice(None)

    def threads(self, wanted: int) -> int:
        """Return how many parts of a training may run side by side in this process.

        Of several ranks, each has a processor: parts run one after another, and what they ask of
        the other ranks comes in the same order everywhere.
        """
        return wanted

    def total(self, values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """Sum arrays over the ranks.

        Args:
            values: This rank's, of equal shape on all.

        Returns:
            The sum, bit-equal on all.
        """
        return values

    def total_of(self, values: Tensor) -> Tensor:
        """Sum tensors over the ranks; see `total`. Nothing is differentiated through it."""
        return values

    def most(self, value: int) -> int:
        """Return the largest of the ranks' values."""
        return value

    def union(self, values: Int64Array) -> Int64Array:
        """Return the distinct values of all ranks, none below 0, in ascending order."""
        return np.unique(values)

    def whole(
        self,
        values: npt.NDArray[_Number],
        users: Int64Array,  # noqa: ARG002 - who is alone has everybody
    ) -> npt.NDArray[_Number]:
        """Put together what each rank computed of its own users.

        Args:
            values: Of the users that `mine` told, in their order, shape [own users, …].
            users: All users, shape [users].

        Returns:
            Of all users, shape [users, …].
        """
        return values

    def mean(self, values: npt.NDArray[np.floating[Any]]) -> float:
        """Return the mean of values that are shared among the ranks."""
        return float(values.mean())

    def spread(self, values: npt.NDArray[np.floating[Any]]) -> float:
        """Return the standard deviation of values that are shared among the ranks."""
        return float(values.std())

    def told(self, ask: Callable[[], _Value]) -> _Value:
        """Ask on rank 0 and tell all ranks the answer."""
        return ask()

    def gathered(self, value: _Value) -> list[_Value]:
        """Return the value of each rank."""
        return [value]

    def backward(
        self,
        loss: Tensor | None,
        parameters: Iterable[Tensor],  # noqa: ARG002 - there is nothing to exchange
    ) -> float:
        """Differentiate a loss that is a sum of the ranks' parts, in one exchange.

        Args:
            loss: This rank's part; None if it has no part in it.
            parameters: Get the gradient of the sum, bit-equal on all ranks.

        Returns:
            The sum.
        """
        assert loss is not None  # noqa: S101 - who is alone has everybody
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def begin_update(self, source: torch.Generator, seed: int, update: int) -> None:
        """Before a global update, give each rank a source of its own for drop-out.

        It follows from the update's number, so that no rank has to keep where its source stood.
        """

    def own_random(
        self,
        random: np.random.Generator,
        *key: int,  # noqa: ARG002 - the one source is this rank's own
    ) -> np.random.Generator:
        """Return a source for what each rank draws for its own users alone.

        Args:
            random: What a single process draws from.
            *key: Seed and number of the update.

        Returns:
            That of the single process, or a rank's own.
        """
        return random


ALONE = Ranks()
