"""The list baselines with their settings, chosen for each number of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
import scipy.sparse as sparse

from model.arrays import Float32Array, Float64Array, Int64Array
from model.baselines.lists.ease import Ease
from model.baselines.lists.ials import Ials
from model.baselines.lists.item_knn import ItemKnn
from model.baselines.lists.likes import Likes, ListBaseline
from model.baselines.lists.popularity import PopularItems

Make = Callable[[Likes], ListBaseline]
Judge = Callable[[Float32Array, int], Float64Array]
"""Scores and number of answers → one value a user, the higher the better."""

LIST_BASELINES: dict[str, tuple[Make, ...]] = {
    "popularity": (PopularItems,),
    "item_knn": tuple(
        partial(ItemKnn, shrinkage=one)
        for one in (3.0, 10.0, 20.0, 50.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
    ),
    "ease": tuple(
        partial(Ease, ridge=one)
        for one in (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)
    ),
    "ials": tuple(
        partial(Ials, factors=factors, ridge=ridge, alpha=alpha)
        for factors, ridge, alpha in (
            *((32, 10.0, 2.0), (64, 30.0, 0.5), (64, 100.0, 2.0), (128, 100.0, 2.0)),
            *((64, 100.0, 10.0), (128, 100.0, 10.0), (64, 200.0, 20.0), (128, 200.0, 20.0)),
            *((64, 100.0, 30.0), (64, 300.0, 10.0), (128, 50.0, 5.0), (32, 100.0, 10.0)),
        )
    ),
    "ials_features": tuple(
        partial(Ials, factors=factors, ridge=ridge, alpha=alpha, attributes=weight)
        for factors, ridge, alpha, weight in (
            *((64, 30.0, 2.0, 0.5), (64, 100.0, 10.0, 1.0), (128, 100.0, 10.0, 1.0)),
            *((64, 100.0, 10.0, 0.5), (64, 200.0, 20.0, 1.0), (128, 200.0, 20.0, 1.0)),
            *((64, 200.0, 10.0, 1.0), (128, 200.0, 20.0, 0.5), (32, 100.0, 10.0, 1.0)),
            *((64, 50.0, 2.0, 1.0), (64, 100.0, 2.0, 1.0), (64, 300.0, 30.0, 2.0)),
        )
    ),
}


MANY_LIKES_GRIDS: dict[str, tuple[Make, ...]] = LIST_BASELINES | {
    "item_knn": (
        *(partial(ItemKnn, shrinkage=one) for one in (0.1, 0.3, 1.0)),
        *LIST_BASELINES["item_knn"],
    ),
    "ials": (
        *(
            partial(Ials, factors=factors, ridge=ridge, alpha=alpha)
            for factors, ridge, alpha in (
                *((16, 10.0, 2.0), (32, 3.0, 0.5), (32, 3.0, 2.0), (32, 10.0, 0.5)),
                *((32, 10.0, 5.0), (32, 30.0, 5.0), (64, 10.0, 2.0), (16, 3.0, 2.0)),
            )
        ),
        *LIST_BASELINES["ials"],
    ),
    "ials_features": (
        *(
            partial(Ials, factors=factors, ridge=ridge, alpha=alpha, attributes=weight)
            for factors, ridge, alpha, weight in (
                *((32, 10.0, 2.0, 0.1), (32, 10.0, 2.0, 0.3), (64, 10.0, 2.0, 0.1)),
                *((32, 3.0, 2.0, 0.1), (64, 30.0, 2.0, 0.1), (16, 10.0, 2.0, 0.1)),
            )
        ),
        *LIST_BASELINES["ials_features"],
    ),
}
"""Settings for users of many likes, of whom a baseline needs to be told less beforehand."""


_OF_IMPLICIT = {"ials", "ials_features"}


def available_list_baselines() -> tuple[str, ...]:
    """Name the baselines that can be fitted here: iALS takes the library `implicit`."""
    has_implicit = find_spec("implicit") is not None
    return tuple(name for name in LIST_BASELINES if has_implicit or name not in _OF_IMPLICIT)


@dataclass(frozen=True)
class Given:
    """Users and the likes among their first answers.

    Attributes:
        users: Internal user indices, shape [B].
        likes: Number of answers → 1 for a like among them, shape [B, items].
    """

    users: Int64Array
    likes: Mapping[int, sparse.csr_matrix]


@dataclass(frozen=True)
class TunedListBaselines:
    """Every baseline, with the settings that were best on held-out users for each size.

    Attributes:
        chosen: Baseline → number of answers → place of its settings among the grid's.
        grids: Baseline → all settings that were tried.
    """

    chosen: dict[str, dict[int, int]]
    grids: Mapping[str, Sequence[Make]]

    @classmethod
    def choose(
        cls,
        likes: Likes,
        held_out: Given,
        judge: Judge,
        names: Sequence[str],
        grids: Mapping[str, Sequence[Make]] = LIST_BASELINES,
    ) -> TunedListBaselines:
        """Choose settings.

        Args:
            likes: Of the users who are not held out.
            held_out: Users to choose on.
            judge: Tells what scores are worth.
            names: Which baselines.
            grids: Baseline → settings to try.

        Returns:
            The choice.
        """
        worth: dict[str, dict[int, list[float]]] = {}
        for name in names:
            for make in grids[name]:
                baseline = make(likes)
                for size, given in held_out.likes.items():
                    value = judge(baseline.scores(held_out.users, given), size)
                    kept = worth.setdefault(name, {}).setdefault(size, [])
                    kept.append(float(np.nanmean(value)))
        return cls(
            {
                name: {size: int(np.argmax(values)) for size, values in by_size.items()}
                for name, by_size in worth.items()
            },
            grids,
        )

    def scores(self, likes: Likes, given: Given) -> dict[str, dict[int, Float32Array]]:
        """Fit what was chosen to more users, and score.

        Args:
            likes: Who likes what.
            given: Users to score for.

        Returns:
            Baseline → number of answers → scores, shape [B, items].
        """
        found: dict[str, dict[int, Float32Array]] = {}
        for name, by_size in self.chosen.items():
            for place in sorted(set(by_size.values())):
                baseline = self.grids[name][place](likes)
                for size, one in by_size.items():
                    if one == place:
                        scores = baseline.scores(given.users, given.likes[size])
                        found.setdefault(name, {})[size] = scores
        return found

    def settings(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return the chosen settings by name: baseline → number of answers → setting → value."""
        return {
            name: {
                str(size): dict(getattr(self.grids[name][place], "keywords", {}))
                for size, place in sorted(by_size.items())
            }
            for name, by_size in self.chosen.items()
        }
