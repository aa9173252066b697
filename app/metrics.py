"""Metrics for Prometheus: what each worker counts, and the sum over all workers.

With several workers each one writes its numbers to files in a folder that `melu serve` makes, and
whichever is asked adds them up. No label holds an id of a user or an item.
"""

import os
import re
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
_PART_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1)
_SUPPORT_SIZES = (0, 1, 2, 3, 5, 10, 20, 50, 100, 500)
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
LOCAL_UPDATE_SECONDS = Histogram(
    "melu_local_update_seconds", "Time of a local update.", buckets=_PART_SECONDS
)
RANKING_SECONDS = Histogram(
    "melu_ranking_seconds", "Time of ranking the catalogue.", buckets=_PART_SECONDS
)
DIVERGED = Counter(
    "melu_adaptation_diverged", "Local updates that diverged, so that θ answered instead."
)
STORE_ERRORS = Counter("melu_store_errors", "Failures of the store, by kind.", ["kind"])
STORE_UNREADABLE = Counter(
    "melu_store_unreadable", "Values in the store that this release could not read, and left out."
)
COMPUTE_PENDING = Gauge(
    "melu_compute_pending",
    "Computations that run or wait.",
    multiprocess_mode="livesum",
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


def note_recommendation(
    strategy: str, support_size: int, local_update: float, ranking: float
) -> None:
    """Count a ranking that was answered.

    Args:
        strategy: `adapted` or `prior`.
        support_size: Ratings that it learnt from.
        local_update: Milliseconds that the local update took; 0 if the ranking was at hand.
        ranking: Milliseconds that the ranking took; 0 if it was at hand.
    """
    computed = ranking > 0
    _recommendations[strategy, computed].inc()
    SUPPORT_SIZE.observe(support_size)
    if computed:
        LOCAL_UPDATE_SECONDS.observe(local_update / 1000)
        RANKING_SECONDS.observe(ranking / 1000)


# To look labels up takes longer than to count.
_recommendations = {
    (strategy, computed): RECOMMENDATIONS.labels(strategy, "miss" if computed else "hit")
    for strategy in ("adapted", "prior")
    for computed in (False, True)
}


def exposition() -> bytes:
    """Return the numbers of all workers in Prometheus' text format."""
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
