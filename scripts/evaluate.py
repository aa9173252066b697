"""`melu evaluate`: a preset on new users, beside the floors."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from model.data import load_dataset
from model.evaluation import (
    ADAPTED,
    GAINS,
    NDCG_CUTOFFS,
    UNADAPTED,
    Estimate,
    UserColdEvaluation,
    evaluate_user_cold,
)
from model.presets import Preset
from scripts.terminal import console, machine, output, print_load_report, training_progress

_COMPARED = (UNADAPTED, "item mean", "user + item bias")


def evaluate_preset(
    folder: Path, preset: Preset, *, seeds: int, json_file: Path | None, skip_bad_rows: bool
) -> None:
    """Train and test once a seed; print the metrics and the paired differences.

    Args:
        folder: The prepared data set.
        preset: What to evaluate.
        seeds: Number of random splits; the seeds are 0, 1, 2, …
        json_file: Where to write the results as JSON too.
        skip_bad_rows: Leave bad rows out instead of refusing the set.

    Raises:
        ModelError: If the data can't be used.
    """
    dataset = load_dataset(folder, skip_bad_rows=skip_bad_rows)
    print_load_report(dataset.report)
    with training_progress() as on_epoch:
        evaluation = evaluate_user_cold(
            dataset,
            preset,
            range(seeds),
            on_seed=lambda seed: console.print(f"seed {seed}"),
            on_epoch=on_epoch,
        )
    output.print(
        f"{dataset.description.name}, preset {preset.name}, {seeds} random splits: a fifth of the "
        f"users never trained on, 10 query ratings each, the rest support "
        f"({len(evaluation.users):,} episodes). Mean ± standard error over users. {machine()}"
    )
    output.print(_metrics_table(evaluation))
    output.print(_ndcg_table(evaluation))
    output.print(_difference_table(evaluation))
    if json_file is not None:
        json_file.write_text(_as_json(evaluation, dataset.description.name, preset.name, seeds))


def _show(estimate: Estimate, *, sign: bool = False) -> str:
    form = "+.4f" if sign else ".4f"
    return f"{estimate.mean:{form}} ± {estimate.standard_error:.4f}"


def _metrics_table(evaluation: UserColdEvaluation) -> Table:
    table = Table("new users", "MAE", "RMSE", title="Error on the rating scale (lower is better)")
    for predictor in evaluation.values:
        table.add_row(
            predictor, *(_show(evaluation.estimate(predictor, m)) for m in ("mae", "rmse"))
        )
    return table


def _ndcg_table(evaluation: UserColdEvaluation) -> Table:
    heads = [f"{gain}@{k}" for gain in GAINS for k in NDCG_CUTOFFS]
    table = Table(
        "new users",
        *(head.replace("ndcg_", "") for head in heads),
        title="nDCG with gain 2^y − 1 (exp) and y (lin) (higher is better)",
    )
    for predictor in evaluation.values:
        cells = (f"{evaluation.estimate(predictor, head).mean:.4f}" for head in heads)
        table.add_row(predictor, *cells)
    return table


def _difference_table(evaluation: UserColdEvaluation) -> Table:
    table = Table("adapted against", "MAE difference", "standard errors", title="Paired")
    for other in _COMPARED:
        found = evaluation.difference(ADAPTED, other, "mae")
        table.add_row(other, _show(found, sign=True), f"{found.mean / found.standard_error:+.1f}")
    return table


def _as_json(evaluation: UserColdEvaluation, dataset: str, preset: str, seeds: int) -> str:
    models = {
        predictor: {
            "mae": evaluation.estimate(predictor, "mae").mean,
            "rmse": evaluation.estimate(predictor, "rmse").mean,
            **{
                gain: {
                    str(k): evaluation.estimate(predictor, f"{gain}@{k}").mean for k in NDCG_CUTOFFS
                }
                for gain in GAINS
            },
        }
        for predictor in evaluation.values
    }
    paired = {o: asdict(evaluation.difference(ADAPTED, o, "mae")) for o in _COMPARED}
    result = {
        "dataset": dataset,
        "preset": preset,
        "seeds": seeds,
        "machine": machine(),
        "states": {"user_cold": {"models": models, "paired_mae": paired}},
    }
    return json.dumps(result, indent=2)
