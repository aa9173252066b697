"""`melu evaluate-exploration`: what does exploring cost in lists, and bring to new items?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from model.data import Dataset
from model.evaluation.exploration import ExplorationEvaluation, evaluate_exploration
from model.evaluation.exploration.results import AMONG_ALL, AMONG_NEW, ERROR, MEANWHILE
from model.evaluation.results import Estimate
from model.presets import Preset
from scripts.evaluation.exploration_plot import draw_exploration
from scripts.files import check_files, write_json, write_then_print
from scripts.terminal import console, machine, tables_output, training_progress

_WIDTH_WITHOUT_TERMINAL = 140
_TITLES = {
    MEANWHILE: "visitors: nDCG@20",
    AMONG_NEW: "later, among new items: nDCG@20",
    AMONG_ALL: "later, among all items: nDCG@20",
    ERROR: "later, on new items: MAE",
}


def evaluate_exploration_quality(
    dataset: Dataset,
    preset: Preset,
    *,
    shares: Sequence[float],
    seeds: int,
    least: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Let users and items arrive once a seed; print what each share costs and brings.

    Args:
        dataset: The data set, with times.
        preset: What to train.
        shares: Of the places, to explore.
        seeds: How many times to draw; the seeds are 0, 1, 2, …
        least: Impressions from which a new item counts as seen.
        json_file: Where to write the results as JSON.
        plot_file: Where to draw costs and gains by share.

    Raises:
        ModelError: If the data can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    with training_progress() as on_epoch:
        found = evaluate_exploration(
            dataset, preset, range(seeds), shares, on_stage=console.print, on_epoch=on_epoch
        )
    name = dataset.description.name
    write_then_print(
        lambda: _print(found, name, seeds, least),
        (json_file, lambda path: write_json(path, as_json(found, name, least))),
        (plot_file, lambda path: draw_exploration(found, least, path)),
    )


def _print(found: ExplorationEvaluation, name: str, seeds: int, least: int) -> None:
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    plan = found.plan
    output.print(
        f"{name}: {found.new_items} items, a random {plan.new_items:.0%}, arrive while "
        f"{len(set(found.visitors)):,} visitors get {plan.visits} lists of 20 each; "
        f"{len(set(found.judged)):,} users who come later judge a training on what was told. "
        f"{seeds} draw(s), mean ± standard error over users. {machine()}, trained in "
        f"{max(found.seconds):.0f} s at most."
    )
    output.print(_seen(found, least))
    output.print(_quality(found))


def as_json(found: ExplorationEvaluation, dataset: str, least: int) -> dict[str, Any]:
    """Lay the results out for programs.

    Args:
        found: What was found.
        dataset: Name of the data set.
        least: Impressions from which a new item counts as seen.

    Returns:
        Means, standard errors and differences to no exploring, by share.
    """
    return {
        "dataset": dataset,
        "machine": machine(),
        "configuration": found.preset.model_dump(mode="json"),
        "plan": vars(found.plan),
        "visitors": len(set(found.visitors)),
        "later_users": len(set(found.judged)),
        "new_items": found.new_items,
        "seconds": found.seconds,
        "least_impressions": least,
        "shares": {
            f"{share:g}": {
                "impressions": [one.tolist() for one in outcome.impressions],
                "explored": [one.tolist() for one in outcome.explored],
                "ratings": [one.tolist() for one in outcome.ratings],
                "explored_places": outcome.explored_places,
                "new_items_seen": outcome.shown(least),
                "metrics": {
                    metric: vars(found.estimate(share, metric)) for metric in found.metrics
                },
                "less_none": {
                    metric: vars(found.difference(share, metric)) for metric in found.metrics
                },
            }
            for share, outcome in found.outcomes.items()
        },
    }


def _seen(found: ExplorationEvaluation, least: int) -> Table:
    table = Table(title="what new items get, mean over the draws")
    for column in (
        "explored",
        "impressions of new items",
        "because explored",
        f"new items seen {least} times or more",
        "never",
        "ratings of new items",
        "new items with a rating",
    ):
        table.add_column(column, justify="right")
    for share, outcome in found.outcomes.items():
        impressions, explored, ratings = (
            float(np.mean([one.sum() for one in counts]))
            for counts in (outcome.impressions, outcome.explored, outcome.ratings)
        )
        table.add_row(
            f"{share:g}",
            f"{impressions:,.0f}",
            f"{explored:,.0f}",
            f"{outcome.shown(least):.1f} of {found.new_items}",
            f"{found.new_items - outcome.shown(1):.1f}",
            f"{ratings:,.0f}",
            f"{outcome.rated(1):.1f}",
        )
    return table


def _quality(found: ExplorationEvaluation) -> Table:
    table = Table(title="what lists are worth; less explored 0, paired ± standard error")
    table.add_column("explored", justify="right")
    for metric in found.metrics:
        table.add_column(_TITLES[metric], justify="right")
        table.add_column("less explored 0", justify="right")
    for share in found.outcomes:
        cells = []
        for metric in found.metrics:
            cells.append(f"{found.estimate(share, metric).mean:.4f}")
            cells.append(_signed(found.difference(share, metric)) if share else "")
        table.add_row(f"{share:g}", *cells)
    return table


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.4f} ± {value.standard_error:.4f}"
