"""Measure a service whose catalogue is too large to score every item."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from statistics import mean, median

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from app.store.embedded import EmbeddedStore, EmbeddedStoreError
from model.bundle.bundle import load_bundle
from model.errors import ModelError
from model.ranking.recall import RATINGS
from model.recommender import Recommender
from scripts.benchmark.crowd import Crowd
from scripts.benchmark.fold_in import FoldIn, is_installed
from scripts.benchmark.grown import write_grown
from scripts.benchmark.load import Load, require_wrk
from scripts.benchmark.servers import RunningServer, cores, pinned, running_server

TOP = 20
ROUNDS = 5
_ROUND_SECONDS = 60
_QUESTIONS = 12
_GRID = 24
TIMED_USERS = 200
_SEED = 0


class LargeBenchmarkError(ModelError):
    """The service did not do what is measured."""


@dataclass(frozen=True)
class LargeResult:
    """What was measured of a small and of a large catalogue.

    Attributes:
        items: Size of the large catalogue.
        small_items: Size of the small one.
        p50_ms: Median milliseconds of a whole HTTP request, each after new feedback.
        small_p50_ms: The same with the small catalogue.
        adapt_rank_ms: Median milliseconds of adapting and ranking alone.
        small_adapt_rank_ms: The same with the small catalogue.
        questions_ms: Median milliseconds of choosing 12 questions for the same users; 0 where the
            preset does not choose them by answers.
        small_questions_ms: The same with the small catalogue.
        grid_ms: Median milliseconds of choosing a grid of 24 for them.
        small_grid_ms: The same with the small catalogue.
        pair_ms: Median milliseconds of choosing a pair to compare.
        small_pair_ms: The same with the small catalogue.
        recall_at_20: Share of the exact best 20 that the ranking has, mean over users.
        recall_users: Users that it was measured on.
        rss_mib: Resident memory of the worker after the requests.
        peak_rss_mib: Most resident memory of the worker, from its start on.
        ready_s: Seconds from the start of the process until it was ready.
        fold_in_ms: Median milliseconds of another library's fold-in of the same users; None where
            it is not installed.
        small_fold_in_ms: The same with the small catalogue.
    """

    items: int
    small_items: int
    p50_ms: float
    small_p50_ms: float
    adapt_rank_ms: float
    small_adapt_rank_ms: float
    questions_ms: float
    small_questions_ms: float
    grid_ms: float
    small_grid_ms: float
    pair_ms: float
    small_pair_ms: float
    recall_at_20: float
    recall_users: int
    rss_mib: float
    peak_rss_mib: float
    ready_s: float
    fold_in_ms: float | None = None
    small_fold_in_ms: float | None = None


def measure_large(
    model: Path,
    *,
    items: int,
    small_items: int,
    users: int,
    recall_users: int,
    timed_users: int,
    on_stage: Callable[[str], None],
) -> LargeResult:
    """Grow a bundle, serve it, and ask it.

    The servers, a worker each, are on one core; load and store are on another. The small and the
    large catalogue take turns.

    Args:
        model: The bundle to grow from.
        items: Size of the large catalogue.
        small_items: Size of the small one.
        users: Users who rate and ask in each round.
        recall_users: Users to measure recall on.
        timed_users: Users to time ranking and questions for.
        on_stage: Told what goes on.

    Returns:
        What was measured.

    Raises:
        ModelError: If a tool is missing, a server does not start or a request fails.
    """
    require_wrk()
    bundle = load_bundle(model)
    with tempfile.TemporaryDirectory(prefix="melu-") as name:
        folder = Path(name)
        small, large = folder / "small", folder / "large"
        for size, out in ((small_items, small), (items, large)):
            on_stage(f"growing {size:,} items")
            write_grown(bundle, model, size, _SEED, out)
        del bundle
        on_stage("adapting and ranking")
        small_times, times = _times((small, large), timed_users)
        on_stage(f"recall over {recall_users:,} users")
        recall = _recall(large, recall_users)
        on_stage("serving")
        (small_p50, _), (large_p50, server) = _serve(small, large, folder, users, on_stage)
        return LargeResult(
            items=items,
            small_items=small_items,
            p50_ms=large_p50,
            small_p50_ms=small_p50,
            **times,
            **{f"small_{name}": one for name, one in small_times.items()},
            recall_at_20=recall,
            recall_users=recall_users,
            **server,
        )


def _recall(folder: Path, users: int) -> float:
    parts = Recommender.load(folder).recall_of_users(users=users, limit=TOP, seed=_SEED)
    return mean(part for part in parts if part is not None)


def _times(folders: Sequence[Path], users: int) -> list[dict[str, float]]:
    """Time ranking, questions and fold-in in turns, on one thread; medians in milliseconds."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        models = [Recommender.load(folder) for folder in folders]
        others = [FoldIn(len(model.catalogue), _SEED) for model in models if is_installed()]
        times: list[dict[str, list[float]]] = [{} for _ in models]
        random = np.random.default_rng(_SEED)
        for _ in range(users):
            for model, other, found in zip_longest(models, others, times):
                low, high = model.scale
                rated = random.choice(len(model.catalogue), RATINGS, replace=False)
                ratings = low + (high - low) * random.integers(0, 5, RATINGS) / 4
                support_set = list(zip(rated.tolist(), ratings.tolist(), strict=True))
                for name, milliseconds in _times_of_user(model, support_set).items():
                    found.setdefault(name, []).append(milliseconds)
                if other is not None:
                    started = time.perf_counter()
                    other.best(rated, TOP)
                    milliseconds = 1000 * (time.perf_counter() - started)
                    found.setdefault("fold_in_ms", []).append(milliseconds)
    return [{name: median(every) for name, every in found.items()} for found in times]


def _times_of_user(model: Recommender, support_set: list[tuple[int, float]]) -> dict[str, float]:
    """Time what is done for one user, in milliseconds."""
    rated = np.array([item for item, _ in support_set], dtype=np.int64)
    clock = [time.perf_counter()]
    user = model.adapt({}, support_set)
    model.rank(user, TOP, without=rated)
    clock.append(time.perf_counter())
    for limit in (_QUESTIONS, _GRID):
        if model.onboarding is not None:
            model.onboarding.questions({}, support_set, limit, user=user)
        clock.append(time.perf_counter())
    if model.onboarding is not None:
        model.onboarding.pair({}, support_set, user=user)
    clock.append(time.perf_counter())
    names = ("adapt_rank_ms", "questions_ms", "grid_ms", "pair_ms")
    return dict(zip(names, (1000 * np.diff(clock)).tolist(), strict=True))


def _serve(
    small: Path, large: Path, folder: Path, users: int, on_stage: Callable[[str], None]
) -> list[tuple[float, dict[str, float]]]:
    """Serve two bundles and ask both; return each one's median latency and memory."""
    server_core, other_core = cores()
    with ExitStack() as stack:
        try:
            with pinned(other_core):
                store = stack.enter_context(EmbeddedStore(folder / "store", "everysec"))
        except EmbeddedStoreError as error:
            raise LargeBenchmarkError(str(error)) from error
        servers: list[RunningServer] = [
            stack.enter_context(
                running_server(
                    ["scripts.cli", "serve", "--model", str(bundle), "--store", store.url],
                    folder / f"{bundle.name}.log",
                    server_core,
                )
            )
            for bundle in (small, large)
        ]
        # The items of the small catalogue have the same ids in the large one.
        catalogue = Recommender.load(small)
        crowd = Crowd(
            catalogue.catalogue.bundled.item_ids.to_list(), catalogue.scale, users, store.url
        )
        crowd.write()
        load = Load(folder, other_core)
        found: list[list[float]] = [[], []]
        for number in range(1, ROUNDS + 1):
            for server, times in zip(servers, found, strict=True):
                # Everybody's feedback is new to both servers, and each is asked once.
                crowd.change()
                measured = load.once(server.url, crowd.asks(), _ROUND_SECONDS, connections=1)
                if measured.errors or measured.answers < users:
                    raise LargeBenchmarkError(
                        f"{measured.answers:,} of {users:,} requests were answered, "
                        f"{measured.errors:,} failed."
                    )
                times.append(measured.p50_ms)
            latest = " and ".join(f"{times[-1]:.2f}" for times in found)
            on_stage(f"round {number} of {ROUNDS}: p50 {latest} ms")
        return [
            (
                median(times),
                {
                    "rss_mib": server.rss_mib,
                    "peak_rss_mib": server.peak_rss_mib,
                    "ready_s": server.ready_s,
                },
            )
            for server, times in zip(servers, found, strict=True)
        ]
