"""`melu evaluate-lists`: do lists hold what a new user goes on to like?"""

from pathlib import Path
from typing import Any

from rich.table import Table

from model.baselines.lists import LIST_BASELINES, available_list_baselines
from model.data import Dataset
from model.evaluation.lists import (
    SERVED,
    ListEvaluation,
    ListProtocol,
    evaluate_lists,
    evaluate_new_items,
)
from model.evaluation.results import Estimate
from model.presets import Preset
from scripts.evaluation.list_plot import draw_lists
from scripts.files import check_files, write_json, write_then_print
from scripts.terminal import console, machine, tables_output, training_progress

_WIDTH_WITHOUT_TERMINAL = 140
LEFT_OUT = "iALS is left out, for it takes a library: pip install 'melu-online[evaluation]'."

TITLES = {
    "popularity": "popularity",
    "item_knn": "item-kNN",
    "ease": "EASE",
    "ials": "iALS",
    "ials_features": "iALS with attributes",
    "random": "random",
    "numbers": "popularity by numbers, such as the year",
    "content_knn": "content-kNN",
    "rating": "ours, by predicted rating",
    "theta_alone": "ours, θ alone",
    "amortised_start": "ours, without gradient steps",
    "unblended": "ours, without the predicted rating",
    SERVED: "ours, as served",
}


def evaluate_list_quality(
    dataset: Dataset,
    preset: Preset,
    protocol: ListProtocol,
    *,
    seeds: int,
    json_file: Path | None,
    plot_file: Path | None,
    new_items: bool = False,
) -> None:
    """Train and test once a seed; print lists' metrics and paired differences.

    Args:
        dataset: The data set.
        preset: What to evaluate.
        protocol: Who is asked how much.
        seeds: How many times to draw; the seeds are 0, 1, 2, …
        json_file: Where to write the results as JSON.
        plot_file: Where to draw list quality by number of answers.
        new_items: Whether lists are of items that training never saw, by a protocol of its own.

    Raises:
        ModelError: If the data can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    if not new_items and set(available_list_baselines()) != set(LIST_BASELINES):
        console.print(LEFT_OUT)
    with training_progress() as on_epoch:
        if new_items:
            evaluation = evaluate_new_items(
                dataset, preset, range(seeds), on_stage=console.print, on_epoch=on_epoch
            )
        else:
            evaluation = evaluate_lists(
                dataset,
                preset,
                range(seeds),
                protocol=protocol,
                on_stage=console.print,
                on_epoch=on_epoch,
            )
    name = dataset.description.name
    targets = (
        "what they like of a fifth of the items that is new, among these alone"
        if new_items
        else f"what they like after answer {protocol.reserved}"
    )
    write_then_print(
        lambda: _print(evaluation, name, seeds, targets),
        (json_file, lambda path: write_json(path, as_json(evaluation, name))),
        (plot_file, lambda path: draw_lists(evaluation, TITLES, path)),
    )


def _print(evaluation: ListEvaluation, name: str, seeds: int, targets: str) -> None:
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    output.print(
        f"{name}: {len(evaluation.users):,} trials of new users over {seeds} seed(s); a random "
        f"fifth of the users is new, answers in a random order, targets are {targets}. "
        f"{machine()}, trained in {max(evaluation.seconds):.0f} s at most."
    )
    output.print(_table("nDCG@20 (share disliked)", evaluation, _quality))
    output.print(_table("Recall@20", evaluation, _recall))
    output.print(_table("distinct items on all lists (mean popularity)", evaluation, _breadth))
    output.print(_paired(evaluation))


def as_json(evaluation: ListEvaluation, dataset: str) -> dict[str, Any]:
    """Lay the results out for programs.

    Args:
        evaluation: What was found.
        dataset: Name of the data set.

    Returns:
        Means, standard errors and paired differences.
    """
    sizes = evaluation.protocol.sizes
    models = list(evaluation.values)
    return {
        "dataset": dataset,
        "machine": machine(),
        "configuration": evaluation.preset.model_dump(mode="json"),
        "trials": len(evaluation.users),
        "seconds": evaluation.seconds,
        "baseline_settings": evaluation.settings,
        "blend": evaluation.blends,
        "models": {
            model: {
                str(size): {
                    metric: vars(evaluation.estimate(model, size, metric))
                    for metric in ("ndcg", "recall", "disliked", "popularity")
                }
                | {"coverage": evaluation.coverage[model][size]}
                for size in sizes
            }
            for model in models
        },
        "served_less": {
            model: {str(size): vars(evaluation.difference(SERVED, model, size)) for size in sizes}
            for model in models
            if model != SERVED and SERVED in models
        },
    }


def _quality(evaluation: ListEvaluation, model: str, size: int) -> str:
    disliked = evaluation.estimate(model, size, "disliked").mean
    return f"{evaluation.estimate(model, size).mean:.3f} ({disliked:.4f})"


def _recall(evaluation: ListEvaluation, model: str, size: int) -> str:
    return f"{evaluation.estimate(model, size, 'recall').mean:.3f}"


def _breadth(evaluation: ListEvaluation, model: str, size: int) -> str:
    counts = evaluation.coverage[model][size]
    popularity = evaluation.estimate(model, size, "popularity").mean
    return f"{sum(counts) / len(counts):,.0f} ({popularity:.3f})"


def _table(title: str, evaluation: ListEvaluation, cell: Any) -> Table:  # noqa: ANN401
    table = Table(title=title)
    table.add_column("")
    for size in evaluation.protocol.sizes:
        table.add_column(f"k = {size}", justify="right")
    for model in evaluation.values:
        cells = [cell(evaluation, model, size) for size in evaluation.protocol.sizes]
        table.add_row(TITLES[model], *cells)
    return table


def _paired(evaluation: ListEvaluation) -> Table:
    """What the served order has more than others, on the same users."""
    table = Table(title="as served less …, paired ± standard error")
    table.add_column("")
    for size in evaluation.protocol.sizes:
        table.add_column(f"k = {size}", justify="right")
    rows = {
        "the best baseline": [
            evaluation.difference(SERVED, evaluation.best_baseline(size), size)
            for size in evaluation.protocol.sizes
        ]
    }
    for model in evaluation.values:
        if model != SERVED:
            rows[TITLES[model]] = [
                evaluation.difference(SERVED, model, size) for size in evaluation.protocol.sizes
            ]
    if "popularity" in evaluation.values:
        rows["disliked: popularity"] = [
            evaluation.difference(SERVED, "popularity", size, "disliked")
            for size in evaluation.protocol.sizes
        ]
    for title, values in rows.items():
        table.add_row(title, *(_signed(value) for value in values))
    return table


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.4f} ± {value.standard_error:.4f}"
