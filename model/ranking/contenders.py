"""A user's best items, where every score is a product with the user's weights.

Two things make most of a catalogue's scores needless. The items that nearly all users' weights
score highest are scored first, and what enough of them reach, all others have to reach. And
principal components tell what others can reach at most, as in FEXIPRO (Li, Chan, Yiu and Mamoulis,
SIGMOD 2017): an item's features and a user's weights have few components in common that matter,
and by Cauchy and Schwarz what is left of both adds no more than the product of their lengths, ρ R.

Components are those of Z Σ^½ with Σ how users' weights vary: not what tells items apart, but what
users tell them apart by. Of 50,000 films ten of those leave 500 to be scored exactly, and ten that
go by each weight's variance alone 5,000.

Dimensions: I items, F features, L leaders, k components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.ranking.top import at_least, best_ascending, kth_highest

_LEADERS = 1_600
"""Items that are scored first: four times as many as a short list has candidates."""
_MARGIN = 1.5
"""Leaders that there have to be for each item that is asked for; else too much is left."""
_COMPONENTS = 10
"""More of them rule out too few items for what they take."""
_RIDGE = 0.3
"""Of the mean variance of a weight, what each has beside: no user may be as the drawn ones are."""
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Contenders:
    """What it takes to find a user's best items without scoring all.

    Attributes:
        leaders: The best items by the usual weights, in ascending order, shape [L].
        features: Their Z, shape [L, F].
        place: Where an item stands among the leaders; L for all others. Shape [I].
        usual: Weights that nearly all users have, shape [F].
        middle: Mean of Z, which orders nothing and would hide what does, shape [F].
        basis: From weights, less the usual ones, to weights of all components, shape [F, F].
        components: The first k, the score by the usual weights, and ρ: shape [k + 2, I], as a
            product of few rows with long ones takes the least time.
    """

    leaders: Int64Array
    features: Float32Array
    place: Int64Array
    usual: Float32Array
    middle: Float32Array
    basis: Float32Array
    components: Float32Array

    @classmethod
    def of(cls, features: Float32Array, usual: Float32Array, weights: Float32Array) -> Contenders:
        """Look at all items and at some users.

        Args:
            features: Z, shape [I, F].
            usual: Weights that nearly all users have, shape [F].
            weights: Those of some users, shape [users, F].

        Returns:
            What is exact for every user, and fast for those like these.
        """
        root, inverse = _roots((weights - usual).astype(np.float64))
        middle = features.mean(0)
        scores = features @ usual
        varied = (features - middle) @ root.astype(features.dtype)
        _, vectors = np.linalg.eigh((varied.T @ varied).astype(np.float64))
        vectors = vectors[:, ::-1]  # those that tell most first
        few = min(_COMPONENTS, len(usual))
        components = np.empty((few + 2, len(features)), dtype=features.dtype)
        first = vectors[:, :few].astype(features.dtype)
        components[:few] = (varied @ first).T
        components[few] = scores
        varied -= components[:few].T @ first.T
        components[few + 1] = np.sqrt(np.square(varied).sum(1))
        leaders = best_ascending(scores, _LEADERS)
        place = np.full(len(features), len(leaders))
        place[leaders] = np.arange(len(leaders))
        basis = (inverse @ vectors).astype(features.dtype)
        return cls(leaders, features[leaders], place, usual, middle, basis, components)

    def best(
        self,
        weights: Float32Array,
        count: int,
        without: Int64Array,
        score: Callable[[Int64Array], Float32Array],
    ) -> tuple[Int64Array, Float32Array] | None:
        """Return the items with the highest scores, exactly.

        Args:
            weights: A user's, shape [F].
            count: How many.
            without: Items to leave out.
            score: Returns exact scores of items, shape [items].

        Returns:
            Items in ascending order and their scores; None where so many are asked for that to
            score all items is faster.
        """
        leaders = len(self.leaders)
        places = self.place[without]
        if _MARGIN * count > leaders - np.count_nonzero(places < leaders):
            return None
        known = np.empty(leaders + 1, dtype=np.float32)
        np.dot(self.features, weights, out=known[:-1])
        known[-1] = known[places] = -np.inf
        threshold = kth_highest(known, count)
        first = at_least(known, threshold)
        others = self._reaching(weights, threshold - _ROUNDING, without)
        items = np.concatenate([self.leaders[first], others])
        scores = np.concatenate([known[first], score(others)])
        order = items.argsort()
        items, scores = items[order], scores[order]
        chosen = best_ascending(scores, count)
        return items[chosen], scores[chosen]

    def _reaching(self, weights: Float32Array, threshold: float, without: Int64Array) -> Int64Array:
        """Return the items that do not lead and whose score may reach a threshold."""
        unusual = weights - self.usual
        inside = unusual @ self.basis
        few = len(self.components) - 2
        of_components = np.ones(few + 2, dtype=np.float32)
        of_components[:few] = inside[:few]
        of_components[-1] = np.sqrt(inside[few:] @ inside[few:])
        upper = np.empty(len(self.place), dtype=np.float32)
        np.dot(of_components, self.components, out=upper)
        upper[self.leaders] = -np.inf
        upper[without] = -np.inf
        return at_least(upper, threshold - float(self.middle @ unusual))


def _roots(moves: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return the root of the second moments, and its inverse: shape [F, F] both."""
    moments = moves.T @ moves / len(moves)
    squares, vectors = np.linalg.eigh(moments)
    spread = np.sqrt(np.maximum(squares, 0) + _RIDGE * np.diag(moments).mean())
    return (vectors * spread) @ vectors.T, (vectors / spread) @ vectors.T
