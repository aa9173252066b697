"""Tell whether two versions of the code answer alike from one bundle.

    python -m scripts.compare_answers var/model before.npz    # with the one version
    python -m scripts.compare_answers var/model before.npz    # with the other: compares

The first run writes the answers, each later one compares its own with them.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from model.arrays import Float32Array
from model.orders import Order
from model.recommender import Recommender

USERS, LIMIT = 200, 100
MOST_RATINGS = 20
REASONED_ITEMS = 20
TOLERANCE = 1e-6
"""In ratings. Nothing that is answered shows more than four places."""


def main(
    model: Annotated[Path, typer.Argument(help="The bundle.")],
    answers: Annotated[Path, typer.Argument(help="Where the answers are, or come.")],
    seed: Annotated[int, typer.Option(help="Draws the users.")] = 0,
) -> None:
    """Write a bundle's answers for 200 drawn users, or compare them with those written before."""
    found = answers_of(Recommender.load(model), seed)
    if not answers.exists():
        np.savez_compressed(answers, allow_pickle=False, **found)
        typer.echo(f"{answers}: the answers for {USERS} users")
        return
    with np.load(answers) as before:
        largest = {name: _difference(before[name], found[name]) for name in found}
    for name, difference in largest.items():
        typer.echo(f"{name}: differs by at most {difference:.2e}")
    if max(largest.values()) > TOLERANCE:
        raise typer.Exit(1)


def answers_of(recommender: Recommender, seed: int) -> dict[str, Float32Array]:
    """Score, rank and explain for users with 0 to 20 drawn ratings.

    Args:
        recommender: The bundle's model.
        seed: Draws the ratings.

    Returns:
        `score` of all items, shape [users, items]; scores of the best, `best`, shape
        [users, 100]; `evidence` of all items; and the leave-one-out scores of the best 20.
    """
    random = np.random.default_rng(seed)
    low, high = recommender.scale
    items = recommender.catalogue.size
    score, best, evidence, reasons = [], [], [], []
    for _ in range(USERS):
        chosen = random.choice(items, random.integers(MOST_RATINGS + 1), replace=False)
        ratings = random.integers(int(low), int(high) + 1, len(chosen))
        support_set = [(int(i), float(r)) for i, r in zip(chosen, ratings, strict=True)]
        adapted = recommender.adapt({}, support_set)
        score.append(recommender.score(adapted))
        ranking = recommender.rank(adapted, LIMIT, order=Order.RATING)
        best.append(ranking.values.value)
        evidence.append(recommender.evidence(adapted).score)
        if support_set:
            top = ranking.index[:REASONED_ITEMS]
            reasons.append(recommender.leave_one_out({}, support_set, MOST_RATINGS, top).ravel())
    return {
        "score": np.stack(score),
        "best": np.stack(best),
        "evidence": np.stack(evidence).astype(np.float32),
        "leave_one_out": np.concatenate(reasons),
    }


def _difference(before: Float32Array, after: Float32Array) -> float:
    return float(np.abs(before - after).max()) if before.shape == after.shape else np.inf


if __name__ == "__main__":
    typer.run(main)
