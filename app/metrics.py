"""Metrics for Prometheus: what each worker counts, and the sum over all workers.

With several workers each one writes its numbers to files in a folder that `melu serve` makes, and
whichever is asked adds them up. No label that Prometheus is shown holds an id of a user or an item;
how often each item was asked about is counted beside, for a few hundred items, and for the back
office alone.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder to the library, which reads it when it is imported."""

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_STAGE_SECONDS = (1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_SUPPORT_SIZES = (0, 1, 2, 3, 5, 10, 20, 50, 100, 500)
_SCARCE_KINDS = ("descriptors", "disk", "memory", "threads")
"""What `app.store.scarcity` looks at."""
_GAUGE_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")

REQUESTS = Counter("melu_requests", "Answers.", ["route", "method", "status"])
SECONDS = Histogram(
    "melu_request_seconds", "Time until an answer was sent.", ["route"], buckets=_REQUEST_SECONDS
)
RECOMMENDATIONS = Counter(
    "melu_recommendations",
    "Rankings answered, by strategy, and whether they were computed or at hand (cache).",
    ["strategy", "cache"],
)
SUPPORT_SIZE = Histogram(
    "melu_support_size", "Ratings that an answered ranking learnt from.", buckets=_SUPPORT_SIZES
)
STAGE_SECONDS = Histogram(
    "melu_stage_seconds",
    "Time of one stage of a request, such as the store or the local update; see app/stages.py.",
    ["route", "stage"],
    buckets=_STAGE_SECONDS,
)
PROBLEMS = Counter("melu_problems", "Problems answered, by the code of their body.", ["code"])
DIVERGED = Counter(
    "melu_adaptation_diverged", "Local updates that diverged, so that θ answered instead."
)
STORE_ERRORS = Counter("melu_store_errors", "Failures of the store, by kind.", ["kind"])
# A count that appears with its first event seems to rise by nothing: what alerts watch begins at 0.
for _kind in ("ConnectionError", "TimeoutError"):
    STORE_ERRORS.labels(_kind)
STORE_UNREADABLE = Counter(
    "melu_store_unreadable", "Values in the store that this release could not read, and left out."
)
COMPUTE_PENDING = Gauge(
    "melu_compute_pending",
    "Computations that run or wait.",
    multiprocess_mode="livesum",
)
MODEL_RELOADS = Counter(
    "melu_model_reloads", "Bundles that were loaded, and whether they serve.", ["outcome"]
)
for _outcome in ("serving", "refused"):
    MODEL_RELOADS.labels(_outcome)
SCARCE = Gauge(
    "melu_scarce",
    "1 for what is nearly used up, as /readyz names it.",
    ["what"],
    multiprocess_mode="livemostrecent",
)
MODEL_INFO = Gauge(
    "melu_model_info",
    "1 for the bundle that is served.",
    ["version", "dataset", "preset"],
    multiprocess_mode="livemax",
)


MOST_ANSWERS = 10
"""Answers from which on calls of the onboarding are counted together."""
ONBOARDING_CALLS = Counter(
    "melu_onboarding_calls",
    "Questions asked for a user, by the answers that the user had given, and whether these were "
    "enough.",
    ["answers", "enough"],
)
ONBOARDING_ANSWERS = Counter(
    "melu_onboarding_answers",
    "Answers to questions of the onboarding: known, unseen, skipped, compared.",
    ["answer"],
)
_MOST_ITEMS = 500
_ITEM_COUNTS = "melu_onboarding_items"


@dataclass
class ItemCounts:
    """What became of an item in the onboarding, over all workers since they started.

    Attributes:
        shown: Lists of questions that it stood on.
        known: Answers of users who know it.
        unseen: Answers of users who do not.
        skipped: Answers that say neither.
    """

    shown: int = 0
    known: int = 0
    unseen: int = 0
    skipped: int = 0


def note_questions(item_ids: Iterable[str], answers: int, *, enough: bool) -> None:
    """Count a call that asked for a user's next questions.

    Args:
        item_ids: The items that it asks about.
        answers: Answers that the user had given.
        enough: Whether these were enough.
    """
    step = str(answers) if answers < MOST_ANSWERS else f"{MOST_ANSWERS}+"
    ONBOARDING_CALLS.labels(step, str(enough).lower()).inc()
    for item_id in item_ids:
        _of_items.note(item_id, "shown")


def note_answer(answer: str, item_id: str | None = None) -> None:
    """Count an answer to a question.

    Args:
        answer: `known`, `unseen`, `skipped` or `compared`.
        item_id: Of which item; None if of several.
    """
    ONBOARDING_ANSWERS.labels(answer).inc()
    if item_id is not None:
        _of_items.note(item_id, answer)


class _OfItems:
    """Counts by item, which Prometheus is not shown; workers add up as they do for all others."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counter = Counter(
            _ITEM_COUNTS, "What became of it.", ["item_id", "what"], registry=self.registry
        )
        self._known: set[str] = set()

    def note(self, item_id: str, what: str) -> None:
        """Count the first few hundred items: who asks, asks about the same few over and over."""
        if item_id not in self._known:
            if len(self._known) >= _MOST_ITEMS:
                return
            self._known.add(item_id)
        self._counter.labels(item_id, what).inc()


_of_items = _OfItems()


@dataclass(frozen=True)
class OnboardingCounts:
    """How the onboarding went, over all workers since they started.

    Attributes:
        calls: (answers given, whether enough) → calls for questions.
        answers: Answer → how many.
        items: Item id → what became of it.
    """

    calls: dict[tuple[str, bool], int]
    answers: dict[str, int]
    items: dict[str, ItemCounts]


def onboarding_counts() -> OnboardingCounts:
    """Return how the onboarding went."""
    folder = os.environ.get(FOLDER_VARIABLE)
    sources: list[Collector] = [REGISTRY, _of_items.registry]
    if folder is not None:
        sources = [multiprocess.MultiProcessCollector(CollectorRegistry(), folder)]
    found = OnboardingCounts({}, {}, {})
    for metric in (metric for source in sources for metric in source.collect()):
        for sample in metric.samples:
            labels, value = sample.labels, int(sample.value)
            match sample.name:
                case "melu_onboarding_calls_total":
                    found.calls[labels["answers"], labels["enough"] == "true"] = value
                case "melu_onboarding_answers_total":
                    found.answers[labels["answer"]] = value
                case "melu_onboarding_items_total":
                    counts = found.items.setdefault(labels["item_id"], ItemCounts())
                    setattr(counts, labels["what"], value)
    return found


def note_model(version: str, dataset: str, preset: str) -> None:
    """Say which bundle this worker serves from now on.

    Args:
        version: The bundle's version.
        dataset: The data set's name.
        preset: The estimator preset's name.
    """
    for labels in _models_served:
        MODEL_INFO.labels(*labels).set(0)
    _models_served.add((version, dataset, preset))
    MODEL_INFO.labels(version, dataset, preset).set(1)


_models_served: set[tuple[str, str, str]] = set()


def note_recommendation(strategy: str, support_size: int, *, is_computed: bool) -> None:
    """Count a ranking that was answered.

    Args:
        strategy: `adapted` or `prior`.
        support_size: Ratings that it learnt from.
        is_computed: Whether it was computed for this answer, and not at hand.
    """
    _recommendations[strategy, is_computed].inc()
    SUPPORT_SIZE.observe(support_size)


# To look labels up takes longer than to count.
_recommendations = {
    (strategy, computed): RECOMMENDATIONS.labels(strategy, "miss" if computed else "hit")
    for strategy in ("adapted", "prior")
    for computed in (False, True)
}


def exposition(scarce: Collection[str]) -> bytes:
    """Return the numbers of all workers in Prometheus' text format.

    Args:
        scarce: What is nearly used up at the moment.

    Returns:
        The text.
    """
    for what in _SCARCE_KINDS:
        SCARCE.labels(what).set(what in scarce)
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return generate_latest(REGISTRY)
    _forget_dead_workers(Path(folder))
    registry = CollectorRegistry()
    registry.register(_WithoutItems(folder))
    return generate_latest(registry)


class _WithoutItems(Collector):
    """The numbers of all workers but those with ids of items."""

    def __init__(self, folder: str) -> None:
        self._all = multiprocess.MultiProcessCollector(CollectorRegistry(), folder)

    def collect(self) -> Iterator[Metric]:
        """Return them."""
        return (metric for metric in self._all.collect() if metric.name != _ITEM_COUNTS)


def _forget_dead_workers(folder: Path) -> None:
    """A worker that was killed has not taken back its present state; its counts stay."""
    for file in folder.iterdir():
        found = _GAUGE_FILE.fullmatch(file.name)
        if found and not _is_running(int(found[1])):
            multiprocess.mark_process_dead(int(found[1]), str(folder))


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
