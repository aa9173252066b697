"""`melu evaluate-onboarding`: what do answers to questions bring, by who chose the questions?"""

from math import isnan
from pathlib import Path
from typing import Any

from rich.table import Table

from model.data import Dataset
from model.evaluation.onboarding import (
    ADAPTIVE,
    NOTHING,
    SHOWN,
    OnboardingEvaluation,
    Seconds,
    calibration,
    evaluate_onboarding,
)
from model.evaluation.results import Estimate
from model.presets import Preset
from scripts.evaluation.onboarding_plot import draw_onboarding
from scripts.files import check_files, write_json, write_then_print
from scripts.terminal import console, machine, tables_output, training_progress

_WIDTH_WITHOUT_TERMINAL = 140
RANGES = (0, 1, 2, 4, 8, 16)
TITLES = {
    "nothing": "no question",
    "random": "random",
    "popularity": "popularity",
    "popularity_unseen_thrown_away": 'popularity, "haven\'t seen" thrown away',
    "entropy": "entropy",
    "entropy0": "entropy0",
    "log_popularity_entropy": "log popularity × entropy",
    "helf": "HELF",
    "variance_root_popularity": "variance × √popularity",
    "evidence": "evidence candidates, as published",
    "greedy": "greedy on warm users",
    "static": "ours, the same for everybody",
    ADAPTIVE: "ours, adaptive",
    "own_naming": "items of the user's own naming",
    "grid": "ours, a grid of 24 to pick from",
    "static_pairs": "SPQ, which of two, as many pairs",
    "pairs": "ours, which of two, as many pairs",
    "groups": "ours, 5 points over groups, once",
}


def evaluate_onboarding_quality(
    dataset: Dataset,
    preset: Preset,
    *,
    seeds: int,
    seconds: Seconds,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Train and ask once a seed; print metrics and paired differences.

    Args:
        dataset: The data set.
        preset: What to evaluate.
        seeds: How many times to draw; the seeds are 0, 1, 2, …
        seconds: How long answers take.
        json_file: Where to write the results as JSON.
        plot_file: Where to draw list quality by number of questions.

    Raises:
        ModelError: If the data can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    with training_progress() as on_epoch:
        evaluation = evaluate_onboarding(
            dataset,
            preset,
            range(seeds),
            seconds=seconds,
            on_stage=console.print,
            on_epoch=on_epoch,
        )
    name = dataset.description.name
    write_then_print(
        lambda: _print(evaluation, name, seeds),
        (json_file, lambda path: write_json(path, as_json(evaluation, name, seconds))),
        (plot_file, lambda path: draw_onboarding(evaluation, TITLES, path)),
    )


def _print(evaluation: OnboardingEvaluation, name: str, seeds: int) -> None:
    output = tables_output(_WIDTH_WITHOUT_TERMINAL)
    output.print(
        f"{name}: {len(evaluation.users):,} trials of new users over {seeds} seed(s), by "
        f"number of items shown. {machine()}, trained in "
        f"{max(evaluation.seconds):.0f} s at most."
    )
    output.print(_table("nDCG@20 (answers)", evaluation, _quality))
    output.print(_table("nDCG@20 gained, in thousandths: an answer, a minute", evaluation, _effort))
    output.print(_paired("nDCG@20 less that of popularity", evaluation, "ndcg"))
    if "mae" in evaluation.values[NOTHING][0]:
        output.print(_table("mean absolute error", evaluation, _error))
        output.print(_paired("mean absolute error less that of popularity", evaluation, "mae"))
    if ADAPTIVE in evaluation.values:
        output.print(_adaptive_less(evaluation))
        output.print(_calibration(evaluation))


def as_json(evaluation: OnboardingEvaluation, dataset: str, seconds: Seconds) -> dict[str, Any]:
    """Lay the results out for programs.

    Args:
        evaluation: What was found.
        dataset: Name of the data set.
        seconds: How long answers were taken to last.

    Returns:
        Means, standard errors, paired differences, and gains by effort.
    """
    found = {
        "dataset": dataset,
        "machine": machine(),
        "configuration": evaluation.preset.model_dump(mode="json"),
        "trials": len(evaluation.users),
        "seconds": evaluation.seconds,
        "seconds_an_answer": vars(seconds),
        "strategies": {
            strategy: {
                str(shown): {
                    metric: vars(evaluation.estimate(strategy, shown, metric)) for metric in found
                }
                for shown, found in by_shown.items()
            }
            for strategy, by_shown in evaluation.values.items()
        },
        "less_popularity": {
            strategy: {
                str(shown): {
                    metric: vars(evaluation.difference(strategy, "popularity", shown, metric))
                    for metric in found
                }
                for shown, found in by_shown.items()
                if shown in SHOWN
            }
            for strategy, by_shown in evaluation.values.items()
        },
        "ndcg_gained": {
            strategy: {
                str(shown): {
                    name: None if isnan(gain) else gain
                    for name, effort in (("an_answer", "answered"), ("a_second", "seconds"))
                    for gain in [evaluation.gain_per(strategy, shown, effort)]
                }
                for shown in by_shown
            }
            for strategy, by_shown in evaluation.values.items()
            if strategy != NOTHING
        },
    }
    if ADAPTIVE not in evaluation.values:
        return found
    return found | {
        "adaptive_less": {
            strategy: {
                str(shown): vars(evaluation.difference(ADAPTIVE, strategy, shown))
                for shown in SHOWN
            }
            for strategy, by_shown in evaluation.values.items()
            if strategy != ADAPTIVE and set(SHOWN) <= by_shown.keys()
        },
        "calibration": {
            str(start): {"expected": expected, "realised": realised}
            for start, (expected, realised) in zip(
                RANGES, calibration(evaluation.gains, RANGES).tolist(), strict=True
            )
        },
    }


def _quality(evaluation: OnboardingEvaluation, strategy: str, shown: int) -> str:
    answered = evaluation.estimate(strategy, shown, "answered").mean
    return f"{evaluation.estimate(strategy, shown).mean:.4f} ({answered:.1f})"


def _effort(evaluation: OnboardingEvaluation, strategy: str, shown: int) -> str:
    if strategy == NOTHING:
        return ""
    per_answer = evaluation.gain_per(strategy, shown, "answered")
    per_minute = 60 * evaluation.gain_per(strategy, shown, "seconds")
    return "" if isnan(per_answer) else f"{1000 * per_answer:.1f}, {1000 * per_minute:.1f}"


def _error(evaluation: OnboardingEvaluation, strategy: str, shown: int) -> str:
    return f"{evaluation.estimate(strategy, shown, 'mae').mean:.4f}"


def _table(title: str, evaluation: OnboardingEvaluation, cell: Any) -> Table:  # noqa: ANN401
    counts = sorted({shown for found in evaluation.values.values() for shown in found})
    table = Table(title=title)
    table.add_column("")
    for shown in counts:
        table.add_column(f"{shown} shown", justify="right")
    for strategy, found in evaluation.values.items():
        cells = [cell(evaluation, strategy, shown) if shown in found else "" for shown in counts]
        table.add_row(TITLES[strategy], *cells)
    return table


def _paired(title: str, evaluation: OnboardingEvaluation, metric: str) -> Table:
    table = Table(title=f"{title}, paired ± standard error")
    table.add_column("")
    for shown in SHOWN:
        table.add_column(f"{shown} shown", justify="right")
    for strategy, found in evaluation.values.items():
        if strategy != "popularity" and set(SHOWN) <= found.keys():
            cells = [
                _signed(evaluation.difference(strategy, "popularity", shown, metric))
                for shown in SHOWN
            ]
            table.add_row(TITLES[strategy], *cells)
    return table


def _adaptive_less(evaluation: OnboardingEvaluation) -> Table:
    table = Table(title="nDCG@20 of ours, adaptive, less that of …, paired ± standard error")
    table.add_column("")
    for shown in SHOWN:
        table.add_column(f"{shown} shown", justify="right")
    for strategy, found in evaluation.values.items():
        if strategy != ADAPTIVE and set(SHOWN) <= found.keys():
            differences = [evaluation.difference(ADAPTIVE, strategy, shown) for shown in SHOWN]
            table.add_row(TITLES[strategy], *(_signed(one) for one in differences))
    return table


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.4f} ± {value.standard_error:.4f}"


def _calibration(evaluation: OnboardingEvaluation) -> Table:
    table = Table(title="gain of a question, adaptive: expected and realised")
    table.add_column("asked before")
    for column in ("expected", "realised", "ratio"):
        table.add_column(column, justify="right")
    for start, (expected, realised) in zip(
        RANGES, calibration(evaluation.gains, RANGES).tolist(), strict=True
    ):
        ratio = f"{expected / realised:.2f}" if realised else ""
        table.add_row(f"{start} or more", f"{expected:.3f}", f"{realised:.3f}", ratio)
    return table
