"""Names of states, models and metrics for reading."""

from model.evaluation import (
    COLD_SHARE,
    FEWEST_EPISODES,
    FEWEST_RATINGS,
    MOST_RATINGS,
    QUERY_SIZE,
    Estimate,
    Evaluation,
    unadapted,
)
from scripts.terminal import machine

STATE_TITLES = {
    "warm": "warm: known users, known items",
    "user_cold": "user_cold: new users, known items",
    "item_cold": "item_cold: known users, new items",
    "user_and_item_cold": "user_and_item_cold: new users, new items",
}
FLOOR_TITLES = {
    "random": "random",
    "global_mean": "global mean",
    "item_mean": "item mean",
    "popularity": "popularity",
    "bias": "user + item bias",
    "ridge": "bias + content ridge",
    "knn": "item-kNN",
    "ppca": "factorisation fold-in",
    "gp": "Gaussian process",
}
_REGIMES = {
    "A": "all ratings of warm items by warm users, except the warm query sets",
    "T": "the support sets of the warm state only, as in the MeLU paper",
}


def model_title(evaluation: Evaluation, model: str) -> str:
    """Name a preset, its θ alone, or a baseline."""
    for preset in evaluation.presets:
        if model == preset:
            return f"{preset} adapted"
        if model == unadapted(preset):
            return f"{preset} θ alone"
    return FLOOR_TITLES[model]


def summary(evaluation: Evaluation, dataset: str, split: str | None) -> list[str]:
    """Tell how an evaluation was made.

    Args:
        evaluation: The evaluation.
        dataset: Name of the data set.
        split: The split file; None if the split was random.

    Returns:
        A sentence or two each.
    """
    seeds = len(evaluation.training_ratings)
    ratings = sum(evaluation.training_ratings) // seeds
    cold = (
        f"Cold users and items as in {split}."
        if split
        else f"In each seed another random {COLD_SHARE:.0%} of the users and {COLD_SHARE:.0%} of "
        "the items are cold."
    )
    left_out = [
        f"{state} is left out for seed {seed}: {count} users have enough ratings in it, "
        f"{FEWEST_EPISODES} are needed."
        for seed, state, count in evaluation.too_few
    ]
    return [
        f"{dataset}, {' and '.join(evaluation.presets)}, {seeds} seed{'s' if seeds > 1 else ''}. "
        f"Regime {evaluation.regime}: learnt from {_REGIMES[evaluation.regime]} "
        f"({ratings:,} ratings). {cold}",
        f"An episode is a user with {FEWEST_RATINGS} to {MOST_RATINGS} ratings in the state: "
        f"{QUERY_SIZE} random ones are the query set, the rest is the support set. Mean ± "
        "standard error over users.",
        machine(),
        *left_out,
    ]


def number(value: float) -> str:
    """Write a metric; a dash if it could not be measured."""
    return "-" if value != value else f"{value:.4f}"


def with_error(estimate: Estimate) -> str:
    """Write mean ± standard error."""
    return f"{estimate.mean:.4f} ± {estimate.standard_error:.4f}"


def difference(estimate: Estimate) -> str:
    """Write mean ± standard error with the mean's sign."""
    return f"{estimate.mean:+.4f} ± {estimate.standard_error:.4f}"
