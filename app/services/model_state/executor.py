"""Run tensor work off the event loop, on few threads that all callers share."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from math import ceil
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import torch
from threadpoolctl import threadpool_limits

from app.callers import CALLER, Caller
from app.metrics import COMPUTE_PENDING
from app.problems import Overloaded
from app.services.model_state.jobs import Given, Job, Needs, Outcome, SharedStep, outcomes
from app.stages import present_stages

T = TypeVar("T")

RETRY_AFTER_SECONDS = 1
_AHEAD = 1
"""Jobs that wait in the pool itself: a thread that ends one need not wait for the event loop."""
_MOST_TOGETHER = 8
"""Jobs that take a step together: more would gain little, and wait long for the first outcome."""
_USERS_SHARE = 8
_LEAST_SHARE = 4


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

    Jobs whose turns follow each other take a step that they share at once, then each its own work.

    Args:
        threads: Computations at once.
        queue: Computations that may wait; more are refused.
    """

    def __init__(self, threads: int, queue: int) -> None:
        torch.set_num_threads(1)
        self._limits = threadpool_limits(1)
        # Without a `ThreadPoolExecutor`: its futures, chained to those of the event loop, took a
        # quarter of a worker's time for small models.
        self._handed: SimpleQueue[Sequence[Job] | None] = SimpleQueue()
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
        self._waiting: OrderedDict[_Turn, deque[Job]] = OrderedDict()
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
        result: T = await self._result_of(lambda _: work(), None, is_dear=is_dear)
        return result

    async def run_after(
        self,
        step: SharedStep[Needs, Given],
        work: Callable[[Given], T],
        *,
        is_dear: bool = False,
    ) -> T:
        """Take a step, together with others who wait for the same, and run `work` on one thread.

        Args:
            step: The step.
            work: What to compute with what the step gives.
            is_dear: Whether it takes many times as long as a ranking; then it goes alone.

        Returns:
            Its result.

        Raises:
            Overloaded: If as many computations wait as may, of all or of this caller.
        """
        result: T = await self._result_of(work, step, is_dear=is_dear)
        return result

    async def _result_of(
        self, work: Callable[[Any], Any], step: SharedStep[Any, Any] | None, *, is_dear: bool
    ) -> Any:  # noqa: ANN401 - what the work returns
        caller = CALLER.get()
        if self._of.total() >= self._most or (
            caller.is_user and self._of[caller] >= self._users_most
        ):
            raise Overloaded(
                "More is asked for than can be computed just now. Try again.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        done = asyncio.get_running_loop().create_future()
        job = Job(work, step, done, is_dear, present_stages(), perf_counter())
        self._of[caller] += 1
        COMPUTE_PENDING.inc()
        try:
            self._waiting.setdefault(_Turn(caller, is_dear), deque()).append(job)
            self._start()
            return await done
        finally:
            self._of[caller] -= 1
            if not self._of[caller]:
                del self._of[caller]
            COMPUTE_PENDING.dec()

    def _start(self) -> None:
        """Give free threads to the callers whose turn it is."""
        while self._running < self._threads + _AHEAD:
            turn = self._turn(is_ahead=self._running >= self._threads)
            if turn is None:
                return
            job = self._take(turn)
            self._running += 1
            self._running_dear += job.is_dear
            self._handed.put([job, *self._companions(job)])

    def _turn(self, *, is_ahead: bool) -> _Turn | None:
        """Tell whose turn it is: who waited longest; ahead of time, nobody for dear work."""
        dear_may_run = self._running_dear < max(1, self._threads // 2)
        only_dear: _Turn | None = None
        for turn in list(self._waiting):
            jobs = self._waiting[turn]
            while jobs and jobs[0].done.done():  # nobody waits for it any more
                jobs.popleft()
            if not jobs:
                del self._waiting[turn]
            elif not turn.is_dear:
                return turn
            elif dear_may_run:
                # The next thread that is free is for it: what comes later is not handed out ahead.
                return None if is_ahead else turn
            else:
                only_dear = only_dear or turn
        # Where nothing else waits, the threads are free for it.
        return None if is_ahead else only_dear

    def _take(self, turn: _Turn) -> Job:
        """Take the first job of a turn, which is the last in turn from then on."""
        jobs = self._waiting.pop(turn)
        job = jobs.popleft()
        if jobs:
            self._waiting[turn] = jobs
        return job

    def _companions(self, job: Job) -> Iterator[Job]:
        """Take those whose turns are next, as long as they share the first step with a job."""
        if job.step is None:
            return
        # What the other threads could begin with is left to them.
        waiting = 1 + sum(map(len, self._waiting.values()))
        for _ in range(min(_MOST_TOGETHER, ceil(waiting / self._threads)) - 1):
            turn = self._turn(is_ahead=True)
            if turn is None or not job.shares_step(self._waiting[turn][0]):
                return
            yield self._take(turn)

    def _compute(self) -> None:
        """Work on what is handed over; what each thread does."""
        while (jobs := self._handed.get()) is not None:
            loop = jobs[0].done.get_loop()
            for outcome in outcomes(jobs):
                with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                    loop.call_soon_threadsafe(self._finish, outcome)

    def _finish(self, outcome: Outcome) -> None:
        done = outcome.job.done
        if not done.done():
            if outcome.error is None:
                done.set_result(outcome.result)
            else:
                done.set_exception(outcome.error)
        if outcome.is_last:
            self._running -= 1
            self._running_dear -= outcome.job.is_dear
            self._start()

    def close(self) -> None:
        """Finish what is under way and end the threads."""
        for _ in self._pool:
            self._handed.put(None)
        for thread in self._pool:
            thread.join()
