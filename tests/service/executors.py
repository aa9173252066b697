"""An executor in an event loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from app.services.model_state.executor import InferenceExecutor


def in_one_loop(
    work: Callable[[InferenceExecutor], Awaitable[None]], threads: int, queue: int
) -> None:
    """Give some work an executor, and close it however the work ends."""

    async def run() -> None:
        executor = InferenceExecutor(threads, queue)
        try:
            await work(executor)
        finally:
            executor.close()

    asyncio.run(run())
