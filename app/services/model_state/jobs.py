"""What compute threads are given: jobs, some of which share their first step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, NamedTuple, TypeVar

from app.stages import RequestStages, Stage, continue_stages, in_stage, note_stage

Needs = TypeVar("Needs")
Given = TypeVar("Given")


@dataclass(frozen=True)
class SharedStep(Generic[Needs, Given]):
    """The first step of some work, which takes less for several jobs at once than one by one.

    Attributes:
        key: Steps with an equal key can be taken together.
        stage: What its time counts as.
        take: Takes the step for several jobs: from what each needs to what each is given.
        needs: What this job needs.
    """

    key: Hashable
    stage: Stage
    take: Callable[[Sequence[Needs]], Sequence[Given]]
    needs: Needs


@dataclass(frozen=True)
class Job:
    """A computation that somebody waits for.

    Attributes:
        work: What to compute with what the first step gives; None is given without one.
        step: The first step.
        done: Takes the result.
        is_dear: Whether it takes many times as long as a ranking.
        stages: Of the request.
        asked: When it was asked for, by `perf_counter`.
    """

    work: Callable[[Any], Any]
    step: SharedStep[Any, Any] | None
    done: asyncio.Future[Any]
    is_dear: bool
    stages: RequestStages | None
    asked: float

    def shares_step(self, other: Job) -> bool:
        """Tell whether both can take their first step together."""
        if self.step is None or other.step is None or self.is_dear or other.is_dear:
            return False
        return self.step.key == other.step.key

    def note(self, stage: Stage, started: float) -> None:
        """Note that a stage of the request ends now."""
        continue_stages(self.stages)
        note_stage(stage, started)


class Outcome(NamedTuple):
    """What a job ended with.

    Attributes:
        job: The job.
        result: What it returned.
        error: What it raised; None if it returned.
        is_last: Whether nothing follows of what was handed over with it.
    """

    job: Job
    result: Any
    error: BaseException | None
    is_last: bool


def outcomes(jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Compute jobs, unless nobody waits for them any more; each outcome as soon as it is there.

    Args:
        jobs: One, or several that share their first step.

    Yields:
        Outcomes, the last of which says so, also where nobody waits for any.
    """
    awaited = [job for job in jobs if not job.done.done()]
    if not awaited:
        yield Outcome(jobs[0], None, None, is_last=True)
    for job in awaited:
        job.note(Stage.QUEUE, job.asked)
    given, ready = _taken_together(awaited), perf_counter()
    for place, job in enumerate(awaited):
        is_last = place == len(awaited) - 1
        continue_stages(job.stages)
        if place:
            note_stage(Stage.QUEUE, ready)
        try:
            result = None if job.done.done() else job.work(given[place] if given else _taken(job))
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            yield Outcome(job, None, error, is_last)
        else:
            yield Outcome(job, result, None, is_last)


def _taken_together(jobs: Sequence[Job]) -> Sequence[Any]:
    """Take the first step of several jobs; nothing where it fails, for each to see for itself."""
    steps = [job.step for job in jobs if job.step is not None]
    if len(steps) < 2:
        return []
    started = perf_counter()
    continue_stages(None)
    try:
        given = steps[0].take([step.needs for step in steps])
    except Exception:  # noqa: BLE001 - raised again to the job that it is of
        return []
    for job in jobs:
        job.note(steps[0].stage, started)
    return given


def _taken(job: Job) -> Any:  # noqa: ANN401 - what its work needs
    """Take the first step of one job."""
    if job.step is None:
        return None
    with in_stage(job.step.stage):
        return job.step.take([job.step.needs])[0]
