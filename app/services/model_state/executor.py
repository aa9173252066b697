"""Run tensor work off the event loop, on few threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from app.metrics import COMPUTE_PENDING
from app.problems import Overloaded

T = TypeVar("T")

RETRY_AFTER_SECONDS = 1


class InferenceExecutor:
    """A pool of threads for local updates and rankings.

    The libraries of linear algebra keep to one thread each: many requests at once share the cores
    better than one request on all of them.

    Args:
        threads: Computations at once.
        queue: Computations that may wait; more are refused.
    """

    def __init__(self, threads: int, queue: int) -> None:
        torch.set_num_threads(1)
        self._limits = threadpool_limits(1)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="compute")
        self._most = threads + queue
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` on one of the threads.

        Args:
            work: What to compute.

        Returns:
            Its result.

        Raises:
            Overloaded: If as many computations wait as may.
        """
        if self._pending >= self._most:
            raise Overloaded(
                "More is asked for than can be computed just now. Try again.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._pending += 1
        COMPUTE_PENDING.inc()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._pending -= 1
            COMPUTE_PENDING.dec()

    def close(self) -> None:
        """Finish what is under way and end the threads."""
        self._executor.shutdown()
