"""An evaluation in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from model.evaluation import FEW_SHOT_STATE, NDCG_METRICS, Evaluation, Results, unadapted
from scripts.evaluation.published import PublishedRow
from scripts.evaluation.titles import (
    FLOOR_TITLES,
    STATE_TITLES,
    difference,
    model_title,
    number,
    with_error,
)
from scripts.terminal import tables_output

_WIDTH_WITHOUT_TERMINAL = 120
_WIDTH_OF_ALL_COLUMNS = 120
_HEADS = {"rmse": "RMSE", "recall@20": "R@20", "ndcg@20": "N@20"}


def print_evaluation(
    evaluation: Evaluation, summary: Sequence[str], published: Sequence[PublishedRow]
) -> None:
    """Print all tables to standard output.

    Args:
        evaluation: What was found.
        summary: How it was found.
        published: Others' results on the same data.
    """
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    for line in summary:
        output.print(line)
    for state, results in evaluation.states.items():
        for table in _state_tables(evaluation, state, results, output.width):
            output.print(table)
        for row in published:
            if row.state == state:
                metrics = ", ".join(f"{name} {value:g}" for name, value in row.metrics.items())
                output.print(f"  published: {row.model}: {metrics} ({row.source})")
        output.print(_paired_table(evaluation, results))
    output.print(
        "exp, lin: nDCG of the query set with gain 2^y − 1 and with gain y. R@20, N@20: recall "
        "and nDCG of the liked query items among the whole catalogue."
    )
    if evaluation.few_shot:
        output.print(_few_shot_table(evaluation))
        for preset in evaluation.presets:
            output.print(_few_shot_paired_table(evaluation, preset))


def _table(title: str | None, *heads: str, gap: int = 1) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, gap, 0, 0), title_justify="left")
    for head in heads:
        table.add_column(head, no_wrap=True)
    return table


def _state_tables(evaluation: Evaluation, state: str, results: Results, width: int) -> list[Table]:
    """All metrics in one table, or in two where it would not fit."""
    first = ("rmse", "recall@20", "ndcg@20")
    fits = width >= _WIDTH_OF_ALL_COLUMNS
    groups = [(*first, *NDCG_METRICS)] if fits else [first, NDCG_METRICS]
    tables = []
    for place, metrics in enumerate(groups):
        title = None if place else f"{STATE_TITLES[state]} ({results.episodes:,} episodes)"
        heads = [_HEADS.get(metric, metric.replace("ndcg_", "")) for metric in metrics]
        table = _table(title, "", *([] if place else ["MAE"]), *heads, gap=0)
        for model in results.values:
            cells = [number(results.estimate(model, metric).mean) for metric in metrics]
            error = [] if place else [with_error(results.estimate(model, "mae"))]
            table.add_row(model_title(evaluation, model), *error, *cells)
        tables.append(table)
    return tables


def _paired_table(evaluation: Evaluation, results: Results) -> Table:
    table = _table(
        "Paired, on the same queries",
        "",
        "MAE difference",
        "standard errors",
        "nDCG@5 exp difference",
    )
    best = evaluation.best_baseline(results)
    for preset in evaluation.presets:
        for other in (unadapted(preset), *evaluation.baselines):
            name = "θ alone" if other == unadapted(preset) else FLOOR_TITLES[other]
            mark = " (best baseline)" if other == best else ""
            error = results.difference(preset, other, "mae")
            table.add_row(
                f"{preset}: adapted − {name}{mark}",
                difference(error),
                f"{error.mean / error.standard_error:+.1f}" if error.standard_error else "-",
                difference(results.difference(preset, other, "ndcg_exp@5")),
            )
    return table


def _few_shot_table(evaluation: Evaluation) -> Table:
    few_shot = evaluation.few_shot
    title = f"Few-shot, {FEW_SHOT_STATE}: MAE of the same query sets after k support ratings"
    table = _table(title, "", *(f"k = {size}" for size in few_shot))
    for model in next(iter(few_shot.values())).values:
        cells = (number(results.estimate(model, "mae").mean) for results in few_shot.values())
        table.add_row(model_title(evaluation, model), *cells)
    return table


def _few_shot_paired_table(evaluation: Evaluation, preset: str) -> Table:
    table = _table(
        f"Few-shot, paired MAE difference of {preset}",
        "k",
        "adapted − best baseline",
        "",
        "adapted − θ alone",
    )
    for size, results in evaluation.few_shot.items():
        best = evaluation.best_baseline(results)
        table.add_row(
            str(size),
            difference(results.difference(preset, best, "mae")),
            FLOOR_TITLES[best],
            difference(results.difference(preset, unadapted(preset), "mae")),
        )
    return table
