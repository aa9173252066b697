"""The console commands that measure: `melu evaluate`, `evaluate-onboarding`, `evaluate-lists`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from scripts.commands.options import (
    BatchUsers,
    Epochs,
    FirstOrder,
    Folder,
    LikesFrom,
    LocalRate,
    LocalSteps,
    SkipBadRows,
)

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


def evaluate(
    folder: Folder,
    split: Annotated[
        Path | None,
        typer.Option(
            help='JSON with "cold_users" and "cold_items"; without, a random fifth of each.'
        ),
    ] = None,
    regime: Annotated[
        Literal["T", "A"],
        typer.Option(help="Learn from all warm ratings (A) or warm support sets only (T)."),
    ] = "A",
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    preset: Annotated[
        list[str] | None, typer.Option(help="Estimator preset; may be repeated; all if left out.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page with curves and bars too.")
    ] = None,
    local_steps: LocalSteps = None,
    local_learning_rate: LocalRate = None,
    epochs: Epochs = None,
    batch_users: BatchUsers = None,
    first_order: FirstOrder = False,
    likes_from: LikesFrom = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """Measure presets beside simple baselines on warm and cold users and items."""
    from model.presets import PRESETS
    from scripts.evaluate import evaluate_presets
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    chosen = [
        chosen_preset(
            name,
            local_steps=local_steps,
            local_learning_rate=local_learning_rate,
            epochs=epochs,
            batch_users=batch_users,
            second_order=False if first_order else None,
        )
        for name in dict.fromkeys(preset or PRESETS)
    ]
    evaluate_presets(
        load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=likes_from),
        chosen,
        regime=regime,
        seeds=seeds,
        split_file=split,
        json_file=json_file,
        report_file=report,
    )


def evaluate_onboarding(
    folder: Folder,
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    preset: Annotated[str, typer.Option(help="Estimator preset.")] = "default",
    seconds: Annotated[
        list[str] | None,
        typer.Option(
            help="How long an answer takes, as pick=5: rating, unseen, pick, pair, named or "
            "groups; may be repeated."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw list quality by number of questions to this PNG.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """What do answers to questions bring, by who chose the questions?"""
    from model.evaluation.onboarding import Seconds
    from scripts.evaluate_onboarding import evaluate_onboarding_quality
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    chosen, times = chosen_preset(preset), Seconds().told(seconds or [])
    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=None)
    evaluate_onboarding_quality(
        dataset.liked_only() if likes_only else dataset,
        chosen,
        seeds=seeds,
        seconds=times,
        json_file=json_file,
        plot_file=plot,
    )


def evaluate_lists(
    folder: Folder,
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    new_items: Annotated[
        bool, typer.Option("--new-items", help="Lists of items that training never saw.")
    ] = False,
    strong_generalisation: Annotated[
        bool,
        typer.Option(
            "--strong-generalisation",
            help="Give 80 % of a new user's likes and ask for the rest, as published tables do.",
        ),
    ] = False,
    answers: Annotated[
        Literal["10", "20"],
        typer.Option(help="Most answers that are given; 10 for small data."),
    ] = "20",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw list quality by number of answers to this PNG.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """Measure the lists of new users beside tuned baselines, by number of answers."""
    from model.errors import ModelError
    from model.evaluation.lists import PROTOCOLS
    from scripts.evaluate_lists import evaluate_list_quality
    from scripts.evaluate_strong_generalisation import evaluate_strong_generalisation_quality
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    if strong_generalisation and (new_items or plot is not None):
        raise ModelError(
            "--strong-generalisation is a protocol of its own, in which every user gives as many "
            "answers as that user has: it goes with neither --new-items nor --plot."
        )
    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=None)
    if likes_only:
        dataset = dataset.liked_only()
    if strong_generalisation:
        evaluate_strong_generalisation_quality(
            dataset, chosen_preset("default"), seeds=seeds, json_file=json_file
        )
        return
    evaluate_list_quality(
        dataset,
        chosen_preset("default"),
        PROTOCOLS[int(answers)],
        new_items=new_items,
        seeds=seeds,
        json_file=json_file,
        plot_file=plot,
    )


def evaluate_exploration(
    folder: Folder,
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    share: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            max=1,
            help="Of a list's places, to explore; may be repeated. 0 is measured in any case; "
            "0.05, 0.1, 0.2 and 0.4 if left out.",
        ),
    ] = None,
    least: Annotated[
        int, typer.Option(min=1, help="Impressions from which a new item counts as seen.")
    ] = 20,
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw costs and gains by share to this PNG.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """What does exploring cost in lists, and bring to new items? A simulation over time."""
    from scripts.evaluate_exploration import evaluate_exploration_quality
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=None)
    evaluate_exploration_quality(
        dataset.liked_only() if likes_only else dataset,
        chosen_preset("default"),
        shares=share or [0.05, 0.1, 0.2, 0.4],
        seeds=seeds,
        least=least,
        json_file=json_file,
        plot_file=plot,
    )
