"""Measure adapting and ranking beside a plain forward pass and beside the naive design."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from model.bundle.bundle import Bundle
from model.errors import ModelError
from model.estimator import StoredParts
from model.lists import RankedItems
from model.presets import restore_estimator, with_options
from model.recommender import Recommender
from scripts.benchmark.fold_in import FoldIn, is_installed
from scripts.benchmark.grown import grow
from scripts.benchmark.naive_model import Ratings, naive_model
from scripts.benchmark.naive_relevance import NaiveLists

TOP = 20
STEPS = 5
SUPPORT = 20
SUPPORT_SIZES = (1, 5, 20, 100)
LOCAL_STEPS = (1, 3, 5, 10)
GROWN = (3_706, 10_000, 50_000)
_IN_A_ROW = 4
_SEED = 0
_SCORE_TOLERANCE = 2e-3
_STEP_SIZES = "rates"


class RankingBenchmarkError(ModelError):
    """What is compared does not compute the same."""


@dataclass(frozen=True)
class RankingRow:
    """Milliseconds of one setting, medians over rounds.

    Attributes:
        preset: Name of the preset.
        items: Size of the catalogue.
        support: Ratings of each user.
        steps: Gradient steps of the local update; the preset `default` takes its exact first step
            before them.
        adapt_rank_ms: Adapting to a user and ranking the whole catalogue, exactly.
        forward_ms: A plain forward pass of the same decision layers over the catalogue.
        naive_ms: The naive design: deep copy, autograd, optimiser, forward pass, sort.
        fold_in_ms: Another library's factors, the user folded in and the best items found; None
            where it is not installed.
    """

    preset: str
    items: int
    support: int
    steps: int
    adapt_rank_ms: float
    forward_ms: float
    naive_ms: float
    fold_in_ms: float | None

    @property
    def ratio(self) -> float:
        """Time of adapting and ranking, of that of a forward pass."""
        return self.adapt_rank_ms / self.forward_ms

    def as_json(self) -> dict[str, Any]:
        """Return the row by name."""
        return {n: round(v, 4) if isinstance(v, float) else v for n, v in asdict(self).items()}


def measure_ranking(
    bundle: Bundle, *, sizes: Sequence[int], rounds: int, on_row: Callable[[RankingRow], None]
) -> list[RankingRow]:
    """Measure a bundle: at its own size and grown, then with other support sizes and steps.

    Everything runs on one thread. The things that are compared take turns, several times
    each, so that whatever else the machine does meanwhile meets all of them; each time it is
    another user's.

    Args:
        bundle: The trained model.
        sizes: Catalogues to grow beside the bundle's own.
        rounds: How often the things take turns.
        on_row: Told each row.

    Returns:
        One row a setting; the bundle's own catalogue first.

    Raises:
        RankingBenchmarkError: If the naive design ranks otherwise.
    """
    torch.set_num_threads(1)
    rows: list[RankingRow] = []

    def add(one: Bundle, support: int) -> None:
        row = _measure(one, min(support, len(one.catalogue) // 2), rounds)
        rows.append(row)
        on_row(row)

    with threadpool_limits(1):
        usual = with_steps(bundle, STEPS)
        add(usual, SUPPORT)
        for items in sizes:
            add(grow(usual, items, _SEED), SUPPORT)
        for support in SUPPORT_SIZES:
            if support != SUPPORT:
                add(usual, support)
        for steps in LOCAL_STEPS:
            if steps != STEPS:
                add(with_steps(bundle, steps), SUPPORT)
    return rows


def _measure(bundle: Bundle, support: int, rounds: int) -> RankingRow:
    naive = naive_model(bundle)
    lists = NaiveLists(bundle, naive)
    recommender = Recommender(bundle)
    users = _users(bundle, support)
    compare_rankings(recommender, lists, next(users))
    works: dict[str, Callable[[Ratings], object]] = {
        "adapt_rank": lambda user: _adapt_and_rank(recommender, user),
        "forward": lambda _user: naive.forward(),
        "naive": lambda user: _naive_best(lists, user),
    }
    if is_installed():
        fold_in = FoldIn(len(bundle.catalogue), _SEED)
        works["fold_in"] = lambda user: fold_in.best(np.array([item for item, _ in user]), TOP)
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            for _ in range(_IN_A_ROW):
                user = next(users)
                started = time.perf_counter()
                work(user)
                found[name].append(1000 * (time.perf_counter() - started))
    return RankingRow(
        preset=bundle.manifest.preset.name,
        items=len(bundle.catalogue),
        support=support,
        steps=bundle.manifest.preset.estimator.local_steps,
        adapt_rank_ms=median(found["adapt_rank"]),
        forward_ms=median(found["forward"]),
        naive_ms=median(found["naive"]),
        fold_in_ms=median(found["fold_in"]) if "fold_in" in found else None,
    )


def _users(bundle: Bundle, support: int) -> Iterator[Ratings]:
    """Draw support sets without end."""
    random = np.random.default_rng(_SEED)
    low, high = bundle.manifest.scale
    while True:
        items = random.choice(len(bundle.catalogue), support, replace=False)
        ratings = low + (high - low) * random.integers(0, 5, support) / 4
        yield list(zip(items.tolist(), ratings.tolist(), strict=True))


def _adapt_and_rank(recommender: Recommender, user: Ratings) -> RankedItems:
    adapted = recommender.adapt({}, user)
    return recommender.rank(adapted, TOP, without=np.array(sorted(item for item, _ in user)))


def _naive_best(lists: NaiveLists, user: Ratings) -> tuple[list[int], list[float]]:
    scores = lists.values({}, user).order
    scores[[item for item, _ in user]] = -torch.inf
    best = scores.topk(min(TOP, len(scores)))
    return best.indices.tolist(), best.values.tolist()


def compare_rankings(recommender: Recommender, naive: NaiveLists, user: Ratings) -> None:
    """Hold the exact ranking and the naive one against each other.

    Args:
        recommender: The model.
        naive: The same, written plainly.
        user: A support set.

    Raises:
        RankingBenchmarkError: If they differ by more than rounding.
    """
    ranking = _adapt_and_rank(recommender, user)
    _, scores = _naive_best(naive, user)
    if not np.allclose(ranking.values.value, scores[: len(ranking.index)], atol=_SCORE_TOLERANCE):
        raise RankingBenchmarkError(
            "the ranking and the naive design differ; their times can't be compared."
        )


def with_steps(bundle: Bundle, steps: int) -> Bundle:
    """Change the number of gradient steps of a bundle; θ stays the same.

    Where step sizes are learnt for each step, the last ones are taken again for steps beyond.

    Args:
        bundle: The trained model.
        steps: How many.

    Returns:
        The bundle as if it had been trained with so many.
    """
    manifest, estimator = bundle.manifest, bundle.estimator
    preset = with_options(manifest.preset, local_steps=steps)
    tensors = {
        name: tensor[torch.arange(steps).clamp(max=len(tensor) - 1)]
        if name.endswith(f".{_STEP_SIZES}")
        else tensor
        for name, tensor in estimator.tensors().items()
    }
    restored = restore_estimator(
        preset,
        StoredParts(
            scale=manifest.scale,
            user_space=estimator.user_space,
            item_space=estimator.item_space,
            tensors=tensors,
            item_features=bundle.catalogue.features(estimator.item_space.names),
            item_count=len(bundle.catalogue),
        ),
    )
    return replace(bundle, manifest=manifest.model_copy(update={"preset": preset}), rating=restored)
