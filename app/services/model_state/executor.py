"""Run tensor work off the event loop, on few threads that all callers share."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import torch
from threadpoolctl import threadpool_limits

from app.callers import CALLER, Caller
from app.metrics import COMPUTE_PENDING
from app.problems import Overloaded
from app.stages import RequestStages, Stage, continue_stages, note_stage, present_stages

T = TypeVar("T")

RETRY_AFTER_SECONDS = 1
_AHEAD = 1
"""Jobs that wait in the pool itself: a thread that ends one need not wait for the event loop."""
_USERS_SHARE = 8
_LEAST_SHARE = 4


@dataclass(frozen=True)
class _Job:
    work: Callable[[], Any]
    done: asyncio.Future[Any]
    is_dear: bool
    stages: RequestStages | None
    asked: float

    def compute(self) -> Any:  # noqa: ANN401 - what the work returns
        """Compute, unless nobody waits for it any more."""
        if self.done.done():
            return None
        continue_stages(self.stages)
        note_stage(Stage.QUEUE, self.asked)
        return self.work()


class _Turn(NamedTuple):
    """Jobs that take turns with others, and among themselves come in their order."""

    caller: Caller
    is_dear: bool


class InferenceExecutor:
    """A pool of threads for local updates and rankings.

    The libraries of linear algebra keep to one thread each: many requests at once share the cores
    better than one request on all of them.

    Callers take turns, whatever each of them asks for: one who asks for much waits for its own
    work alone. One user with a token may have an eighth of the queue, and dear work half of the
    threads, as long as other work waits.

    Args:
        threads: Computations at once.
        queue: Computations that may wait; more are refused.
    """

    def __init__(self, threads: int, queue: int) -> None:
        torch.set_num_threads(1)
        self._limits = threadpool_limits(1)
        # Without a `ThreadPoolExecutor`: its futures, chained to those of the event loop, took a
        # quarter of a worker's time for small models.
        self._handed: SimpleQueue[_Job | None] = SimpleQueue()
        self._pool = [
            Thread(target=self._compute, name=f"compute_{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._pool:
            thread.start()
        self._threads = threads
        self._most = threads + queue
        self._users_most = max(_LEAST_SHARE, queue // _USERS_SHARE)
        self._of: Counter[Caller] = Counter()
        self._waiting: OrderedDict[_Turn, deque[_Job]] = OrderedDict()
        self._running = self._running_dear = 0

    async def run(self, work: Callable[[], T], *, is_dear: bool = False) -> T:
        """Run `work` on one of the threads.

        Args:
            work: What to compute.
            is_dear: Whether it takes many times as long as a ranking.

        Returns:
            Its result.

        Raises:
            Overloaded: If as many computations wait as may, of all or of this caller.
        """
        caller = CALLER.get()
        if self._of.total() >= self._most or (
            caller.is_user and self._of[caller] >= self._users_most
        ):
            raise Overloaded(
                "More is asked for than can be computed just now. Try again.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        done = asyncio.get_running_loop().create_future()
        job = _Job(work, done, is_dear, present_stages(), perf_counter())
        self._of[caller] += 1
        COMPUTE_PENDING.inc()
        try:
            self._waiting.setdefault(_Turn(caller, is_dear), deque()).append(job)
            self._start()
            result: T = await done
            return result
        finally:
            self._of[caller] -= 1
            if not self._of[caller]:
                del self._of[caller]
            COMPUTE_PENDING.dec()

    def _start(self) -> None:
        """Give free threads to the callers whose turn it is."""
        while self._running < self._threads + _AHEAD:
            job = self._next(is_ahead=self._running >= self._threads)
            if job is None:
                return
            self._running += 1
            self._running_dear += job.is_dear
            self._handed.put(job)

    def _next(self, *, is_ahead: bool) -> _Job | None:
        """Take the first job of whoever waited longest for a turn; ahead of time, no dear one."""
        dear_may_run = self._running_dear < max(1, self._threads // 2)
        found: _Turn | None = None
        for turn in list(self._waiting):
            jobs = self._waiting[turn]
            while jobs and jobs[0].done.done():  # nobody waits for it any more
                jobs.popleft()
            if not jobs:
                del self._waiting[turn]
            elif not turn.is_dear or (dear_may_run and not is_ahead):
                found = turn
                break
            elif not is_ahead:
                # Where nothing else waits, the threads are free for it.
                found = found or turn
        if found is None:
            return None
        jobs = self._waiting.pop(found)
        job = jobs.popleft()
        if jobs:
            self._waiting[found] = jobs  # the last in turn
        return job

    def _compute(self) -> None:
        """Work on what is handed over; what each thread does."""
        while (job := self._handed.get()) is not None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = job.compute()
            except BaseException as raised:  # noqa: BLE001 - the caller raises it
                error = raised
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                job.done.get_loop().call_soon_threadsafe(self._finish, job, result, error)

    def _finish(self, job: _Job, result: object, error: BaseException | None) -> None:
        self._running -= 1
        self._running_dear -= job.is_dear
        if not job.done.done():
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)
        self._start()

    def close(self) -> None:
        """Finish what is under way and end the threads."""
        for _ in self._pool:
            self._handed.put(None)
        for thread in self._pool:
            thread.join()
