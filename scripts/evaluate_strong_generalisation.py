"""`melu evaluate-lists --strong-generalisation`: lists of new users as published tables ask."""

from pathlib import Path
from typing import Any

from rich.table import Table

from model.baselines.lists import LIST_BASELINES, available_list_baselines
from model.data import Dataset
from model.evaluation.lists import (
    SERVED,
    StrongGeneralisation,
    evaluate_strong_generalisation,
)
from model.evaluation.lists.strong_generalisation import METRICS
from model.presets import Preset
from scripts.evaluate_lists import LEFT_OUT, TITLES
from scripts.evaluation.titles import difference
from scripts.files import check_files, write_json, write_then_print
from scripts.terminal import console, machine, tables_output, training_progress

_WIDTH_WITHOUT_TERMINAL = 140
_HEADS = {"recall@20": "Recall@20", "recall@50": "Recall@50", "ndcg@100": "nDCG@100"}


def evaluate_strong_generalisation_quality(
    dataset: Dataset, preset: Preset, *, seeds: int, json_file: Path | None
) -> None:
    """Train and test once a seed; print metrics and paired differences.

    Args:
        dataset: The data set.
        preset: What to evaluate.
        seeds: How many times to draw; the seeds are 0, 1, 2, …
        json_file: Where to write the results as JSON.

    Raises:
        ModelError: If the data can't be used, or a file can't be written.
    """
    check_files(json_file)
    if set(available_list_baselines()) != set(LIST_BASELINES):
        console.print(LEFT_OUT)
    with training_progress() as on_epoch:
        found = evaluate_strong_generalisation(
            dataset, preset, range(seeds), on_stage=console.print, on_epoch=on_epoch
        )
    name = dataset.description.name
    write_then_print(
        lambda: _print(found, name, seeds),
        (json_file, lambda path: write_json(path, as_json(found, name))),
    )


def _print(found: StrongGeneralisation, name: str, seeds: int) -> None:
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    output.print(
        f"{name}, strong generalisation: {len(found.users):,} trials of new users over {seeds} "
        "seed(s); a random fifth of the users is new, 80 % of a new user's likes are given, "
        f"the others are asked for. {machine()}, trained in {max(found.seconds):.0f} s at most."
    )
    output.print(_table(found))


def as_json(found: StrongGeneralisation, dataset: str) -> dict[str, Any]:
    """Lay the results out for programs.

    Args:
        found: What was found.
        dataset: Name of the data set.

    Returns:
        Means, standard errors and paired differences.
    """
    return {
        "dataset": dataset,
        "machine": machine(),
        "configuration": found.preset.model_dump(mode="json"),
        "trials": len(found.users),
        "seconds": found.seconds,
        "baseline_settings": found.settings,
        "models": {
            model: {metric: vars(found.estimate(model, metric)) for metric in METRICS}
            for model in found.values
        },
        "served_less": {
            model: {metric: vars(found.difference(SERVED, model, metric)) for metric in METRICS}
            for model in found.values
            if model != SERVED and SERVED in found.values
        },
    }


def _table(found: StrongGeneralisation) -> Table:
    """Each metric, and what the served order has more, on the same users."""
    table = Table(title="as served less …: paired ± standard error")
    table.add_column("")
    for metric in METRICS:
        table.add_column(_HEADS[metric], justify="right")
        table.add_column("as served less this", justify="right")
    for model in found.values:
        cells = []
        for metric in METRICS:
            best = model == found.best_baseline(metric)
            cells.append(f"{found.estimate(model, metric).mean:.4f}{' *' if best else ''}")
            is_other = model != SERVED and SERVED in found.values
            cells.append(difference(found.difference(SERVED, model, metric)) if is_other else "")
        table.add_row(TITLES[model], *cells)
    table.caption = "* the best baseline"
    return table
