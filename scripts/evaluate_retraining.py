"""`melu evaluate-retraining`: what is retraining worth to users who come later?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from model.data import Dataset
from model.evaluation.results import Estimate
from model.evaluation.retraining import (
    ANEW,
    FROZEN,
    ON,
    POPULARITY,
    RetrainingEvaluation,
    evaluate_retraining,
)
from model.presets import Preset
from scripts.evaluation.retraining_plot import draw_retraining
from scripts.files import check_files, write_json, write_then_print
from scripts.terminal import console, machine, tables_output, training_progress

_WIDTH_WITHOUT_TERMINAL = 140
TITLES = {
    POPULARITY: "popularity of the day",
    FROZEN: "frozen",
    ANEW: "retrained from scratch",
    ON: "retrained from the bundle before",
}


def evaluate_retraining_quality(
    dataset: Dataset,
    preset: Preset,
    *,
    slices: int,
    history: float,
    seed: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Train slice by slice; print what new users' lists are worth, retrained and frozen.

    Args:
        dataset: The data set, with times.
        preset: What to train.
        slices: How many parts of time.
        history: Share of the users who are there when it begins.
        seed: Every draw follows from it.
        json_file: Where to write the results as JSON.
        plot_file: Where to draw list quality over time.

    Raises:
        ModelError: If the data can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    with training_progress() as on_epoch:
        found = evaluate_retraining(
            dataset,
            preset,
            slices=slices,
            history=history,
            seed=seed,
            on_stage=console.print,
            on_epoch=on_epoch,
        )
    name = dataset.description.name
    write_then_print(
        lambda: _print(found, name),
        (json_file, lambda path: write_json(path, as_json(found, name))),
        (plot_file, lambda path: draw_retraining(found, TITLES, path)),
    )


def _print(found: RetrainingEvaluation, name: str) -> None:
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    sizes = ", ".join(str(size) for size in found.protocol.sizes)
    output.print(
        f"{name}: {sum(one.users for one in found.slices):,} new users in "
        f"{len(found.slices)} slices of time; nDCG@20, mean over {sizes} answers. {machine()}."
    )
    output.print(_by_slice(found))
    output.print(_by_size(found))


def as_json(found: RetrainingEvaluation, dataset: str) -> dict[str, Any]:
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
        "sizes": list(found.protocol.sizes),
        "slices": [
            {
                "begins_at": one.begins_at,
                "ratings": one.ratings,
                "users": one.users,
                "seconds": one.seconds,
                "ndcg": {model: vars(found.estimate(model, one)) for model in TITLES},
                "less_frozen": {
                    model: vars(found.difference(model, [one])) for model in (ANEW, ON)
                },
            }
            for one in found.slices
        ],
        "less_frozen": {
            model: vars(found.difference(model, found.slices[1:])) for model in (ANEW, ON)
        },
    }


def _by_slice(found: RetrainingEvaluation) -> Table:
    table = Table(title="nDCG@20 by slice; what retraining adds, paired ± standard error")
    for column in ("begins", "ratings before", "new users", *TITLES.values()):
        table.add_column(column, justify="right")
    for model in (ANEW, ON):
        table.add_column(f"{TITLES[model]}, less frozen", justify="right")
    for one in found.slices:
        begins = datetime.fromtimestamp(one.begins_at, UTC).date().isoformat()
        means = [f"{found.estimate(model, one).mean:.3f}" for model in TITLES]
        differences = [_signed(found.difference(model, [one])) for model in (ANEW, ON)]
        table.add_row(begins, f"{one.ratings:,}", f"{one.users:,}", *means, *differences)
    return table


def _by_size(found: RetrainingEvaluation) -> Table:
    """What retraining adds after the first slice, by number of answers."""
    table = Table(title="less frozen, all slices but the first, by number of answers")
    table.add_column("")
    for size in found.protocol.sizes:
        table.add_column(f"k = {size}", justify="right")
    table.add_column("mean", justify="right")
    rest = found.slices[1:]
    for model in (ANEW, ON):
        cells = [_signed(found.difference(model, rest, [size])) for size in found.protocol.sizes]
        table.add_row(TITLES[model], *cells, _signed(found.difference(model, rest)))
    return table


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.4f} ± {value.standard_error:.4f}"
