"""Run tensor work off the event loop, on few threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")


class Compute:
    """A pool of threads for local updates and rankings.

    Torch itself keeps to one thread: many requests at once share the cores better than one
    request on all of them.

    Args:
        threads: Computations at once.
    """

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(1)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="compute")

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` on one of the threads.

        Args:
            work: What to compute.

        Returns:
            Its result.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Finish what is under way and end the threads."""
        self._executor.shutdown()
