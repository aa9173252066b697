"""Ranks that exchange sums by torch.distributed, as `torchrun` starts them.

There is no wrapper of modules around θ, such as DistributedDataParallel: it hooks into a backward
pass through a module, and here the loss is differentiated through the local update. What is summed
instead is the meta-gradient, flattened, once a global update.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, distributed

from model.arrays import Int64Array
from model.errors import RanksError
from model.ranks.ranks import ALONE, Ranks

_Number = TypeVar("_Number", bound=np.generic)
_Value = TypeVar("_Value")
_WAIT = timedelta(minutes=30)
_LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class TorchRanks(Ranks):
    """Several processes; see `Ranks`.

    Args:
        rank: Number of this process.
        size: How many there are.
    """

    def __init__(self, rank: int, size: int) -> None:
        self.rank = rank
        self.size = size

    @classmethod
    def join(cls) -> Self:
        """Join the processes that the environment names, as `torchrun` sets it.

        Returns:
            The ranks, once all have come.

        Raises:
            RanksError: If they do not come.
        """
        # Its functions take the group that there is when it is imported as their default, and
        # torch imports it somewhere within a training. They would keep the group's threads after
        # its end, and one that drops its last tensor as the interpreter ends aborts the process.
        import torch.distributed.nn.functional  # noqa: F401

        with _told():
            distributed.init_process_group("gloo", timeout=_WAIT)
        return cls(distributed.get_rank(), distributed.get_world_size())

    def mine(self, users: Int64Array) -> Int64Array | slice:
        """Tell whom of some users this rank has; see `Ranks`."""
        return np.flatnonzero(users % self.size == self.rank)

    def threads(self, wanted: int) -> int:  # noqa: ARG002 - see `Ranks`
        """Return 1; see `Ranks`."""
        return 1

    def total(self, values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """Sum arrays over the ranks; see `Ranks`."""
        copied = torch.from_numpy(np.array(values, order="C"))
        summed: npt.NDArray[_Number] = self._summed(copied).numpy()
        return summed

    def total_of(self, values: Tensor) -> Tensor:
        """Sum tensors over the ranks; see `Ranks`."""
        return self._summed(values.detach().clone(memory_format=torch.contiguous_format))

    def most(self, value: int) -> int:
        """Return the largest of the ranks' values; see `Ranks`."""
        largest = torch.tensor([value])
        with _told():
            distributed.all_reduce(largest, distributed.ReduceOp.MAX)
        return int(largest)

    def union(self, values: Int64Array) -> Int64Array:
        """Return the distinct values of all ranks; see `Ranks`."""
        length = self.most(int(values.max(initial=-1)) + 1)
        return np.flatnonzero(self.total(np.bincount(values, minlength=length)))

    def whole(self, values: npt.NDArray[_Number], users: Int64Array) -> npt.NDArray[_Number]:
        """Put together what each rank computed of its own users; see `Ranks`."""
        placed = np.zeros((len(users), *values.shape[1:]), dtype=values.dtype)
        placed[self.mine(users)] = values
        return self.total(placed)

    def mean(self, values: npt.NDArray[np.floating[Any]]) -> float:
        """Return the mean of values that are shared among the ranks; see `Ranks`."""
        total, count = self.total(np.array([values.sum(dtype=np.float64), len(values)]))
        return float(total / count)

    def spread(self, values: npt.NDArray[np.floating[Any]]) -> float:
        """Return the standard deviation of values shared among the ranks; see `Ranks`."""
        apart = values.astype(np.float64) - self.mean(values)
        return float(self.mean(apart**2) ** 0.5)

    def told(self, ask: Callable[[], _Value]) -> _Value:
        """Ask on rank 0 and tell all ranks the answer; see `Ranks`."""
        answer: list[Any] = [ask() if self.rank == 0 else None]
        with _told():
            distributed.broadcast_object_list(answer)
        told: _Value = answer[0]
        return told

    def gathered(self, value: _Value) -> list[_Value]:
        """Return the value of each rank; see `Ranks`."""
        found: list[Any] = [None] * self.size
        with _told():
            distributed.all_gather_object(found, value)
        return found

    def backward(self, loss: Tensor | None, parameters: Iterable[Tensor]) -> float:
        """Differentiate a loss that is a sum of the ranks' parts; see `Ranks`."""
        part = torch.zeros(1)
        if loss is not None:
            loss.backward()  # type: ignore[no-untyped-call]
            part = loss.detach().view(1)
        trained = list(parameters)
        # Also those without a gradient here: another rank may have one.
        flat = torch.cat(
            [
                *(
                    torch.zeros(one.numel()) if one.grad is None else one.grad.flatten()
                    for one in trained
                ),
                part,
            ]
        )
        self._summed(flat)
        gradients = torch.split(flat[:-1], [one.numel() for one in trained])
        for one, gradient in zip(trained, gradients, strict=True):
            one.grad = gradient.view_as(one)
        return float(flat[-1])

    def begin_update(self, source: torch.Generator, seed: int, update: int) -> None:
        """Give each rank a source of its own for drop-out; see `Ranks`."""
        source.manual_seed(int(self._sequence(seed, update).generate_state(1)[0]))

    def own_random(self, random: np.random.Generator, *key: int) -> np.random.Generator:  # noqa: ARG002 - see `Ranks`
        """Return a source for this rank alone; see `Ranks`."""
        return np.random.default_rng(self._sequence(*key))

    def _sequence(self, *key: int) -> np.random.SeedSequence:
        return np.random.SeedSequence([*key, self.rank, self.size])

    def _summed(self, values: Tensor) -> Tensor:
        with _told():
            distributed.all_reduce(values)
        return values


@contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Join the processes that a launcher started, if one did; leave them behind the block.

    Yields:
        The ranks; of one process alone where there is no launcher.

    Raises:
        RanksError: If the others do not come.
    """
    if not all(os.environ.get(name) for name in _LAUNCHED) or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    try:
        yield TorchRanks.join()
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()


def check_equal(ranks: Ranks, tensors: Mapping[str, Tensor]) -> None:
    """Check that all ranks learnt the same, bit by bit.

    Args:
        ranks: The ranks.
        tensors: What was learnt, by name.

    Raises:
        RanksError: If one learnt something else.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().contiguous().view(-1).view(torch.uint8).numpy().data)
    digests = ranks.gathered(digest.hexdigest())
    others = [rank for rank, one in enumerate(digests) if one != digests[0]]
    if others:
        raise RanksError(
            f"θ of rank {', '.join(map(str, others))} is not that of rank 0, so nothing is "
            "written. Train on machines with the same processors, torch and numpy, and the same "
            "data on each."
        )


@contextmanager
def _told() -> Iterator[None]:
    """Say of what torch raises what it most often means."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RanksError(
            f"this process can't reach the others of its training: {first}. If one of them ended, "
            "its own message tells why; start all again with --resume."
        ) from error
