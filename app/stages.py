"""What a request spends its time on, told by whoever spends it and counted when it is answered.

A stage is noted where it ends, also on a compute thread. The request's middleware takes all of them
at the end, when the route is known: metrics and traces are made of the same notes. What belongs to
no request, such as a ranking that is frozen behind its answer, is counted as of the `background`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from time import perf_counter

from prometheus_client import Histogram

from app.metrics import STAGE_SECONDS

_BACKGROUND = "background"


class Stage(StrEnum):
    """A stage, as metrics and traces name it."""

    STORE = "store"
    """A call of the store, the wait for its turn included."""
    QUEUE = "queue"
    """The wait for a compute thread."""
    SHARED = "shared"
    """The wait for an equal ranking that another request has computed just now."""
    CATALOGUE = "catalogue"
    """Taking over changes of the catalogue."""
    LOCAL_UPDATE = "local_update"
    RANKING = "ranking"
    EXPLANATION = "explanation"
    """Leave-one-out adaptation for `explain=true`."""
    QUESTIONS = "questions"
    """Choosing what to ask."""
    SEARCH = "search"
    """Finding items by title and attributes."""
    SERIALISATION = "serialisation"
    """Writing the page of a ranking."""


NotedStage = tuple[Stage, float, float]
"""A stage, its start and its end by `perf_counter`."""


class RequestStages:
    """The stages of one request so far."""

    __slots__ = ("is_open", "noted")

    def __init__(self) -> None:
        self.is_open = True
        self.noted: list[NotedStage] = []

    def close(self) -> list[NotedStage]:
        """Return the stages; what ends from now on is counted as of the background."""
        self.is_open = False
        return self.noted


_STAGES: ContextVar[RequestStages | None] = ContextVar("stages", default=None)


def begin_stages() -> RequestStages:
    """Let the stages of a request be noted, in the present context and what is made of it."""
    stages = RequestStages()
    _STAGES.set(stages)
    return stages


def present_stages() -> RequestStages | None:
    """Return where stages are noted in the present context; None in the background."""
    return _STAGES.get()


def continue_stages(stages: RequestStages | None) -> None:
    """Note stages elsewhere: a thread goes on with a request, or a task is none's any more.

    Args:
        stages: What `present_stages` returned; None for the background.
    """
    _STAGES.set(stages)


def note_stage(stage: Stage, started: float) -> None:
    """Note that a stage ends now.

    Args:
        stage: The stage.
        started: When it began, by `perf_counter`.
    """
    ended = perf_counter()
    stages = _STAGES.get()
    if stages is not None and stages.is_open:
        stages.noted.append((stage, started, ended))
    else:
        count_stage(_BACKGROUND, stage, ended - started)


@contextmanager
def in_stage(stage: Stage) -> Iterator[None]:
    """Note what is done within as a stage, however it ends."""
    started = perf_counter()
    try:
        yield
    finally:
        note_stage(stage, started)


def count_stage(route: str, stage: Stage, seconds: float) -> None:
    """Count a stage in the metrics.

    Args:
        route: Template of the request's path.
        stage: The stage.
        seconds: How long it took.
    """
    # To look labels up takes longer than to count.
    child = _children.get((route, stage))
    if child is None:
        child = _children[route, stage] = STAGE_SECONDS.labels(route, stage.value)
    child.observe(seconds)


_children: dict[tuple[str, Stage], Histogram] = {}
