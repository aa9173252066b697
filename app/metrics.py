"""Metrics for Prometheus: what each worker counts, and the sum over all workers.

With several workers each one writes its numbers to files in a folder that `melu serve` makes, and
whichever is asked adds them up. No label holds an id of a user or an item.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

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
    multiprocess.MultiProcessCollector(registry, folder)
    return generate_latest(registry)


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
