"""The console commands of the loop that keeps θ learning."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.options import (
    BatchUsers,
    Epochs,
    FirstOrder,
    Folder,
    LocalRate,
    LocalSteps,
    SkipBadRows,
    StartedPreset,
    StoreFolder,
    StoreUrl,
)

ErasureLog = Annotated[
    Path | None,
    typer.Option(envvar="MELU_ERASURE_LOG", help="The service's record of erasures."),
]
ListLoss = Annotated[
    float, typer.Option(min=0, help="nDCG@20 that a candidate's lists may lose, on average.")
]
RatingLoss = Annotated[
    float, typer.Option(min=0, help="By how much the MAE of its predicted ratings may rise.")
]
Keep = Annotated[int, typer.Option(min=0, help="How many bundles of before are kept.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the report to this file too.")]
REFUSED = 3
"""Exit status where a candidate is worse than what is served."""

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


def export_feedback(
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    folder: StoreFolder = Path("var/store"),
    store: StoreUrl = None,
) -> None:
    """Write all users' feedback to Parquet, while the service serves."""
    from scripts.loop.export import export_feedback as export
    from scripts.terminal import output
    from scripts.termination import terminating_in_order

    with terminating_in_order():
        done = export(folder, store, out)
    output.print(
        f"{out} has {done.feedback:,} pieces of feedback of {done.users:,} users, "
        f"{done.onboarding:,} of them answers to questions, and {done.items:,} items."
    )


def merge_feedback(
    folder: Folder,
    export: Annotated[Path, typer.Argument(help="What `melu export-feedback` wrote.")],
    out: Annotated[Path, typer.Option(help="Prepared data set to write.")],
    erasure_log: ErasureLog = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """Write a prepared data set of the training data and what users told since."""
    from scripts.loop.merge import action_meanings
    from scripts.loop.merge import merge_feedback as merge
    from scripts.terminal import output
    from scripts.termination import terminating_in_order

    with terminating_in_order():
        report = merge(
            folder,
            export,
            out,
            actions=action_meanings(),
            erasure_log=erasure_log,
            skip_bad_rows=skip_bad_rows,
        )
    output.print(report.text())


def promote(
    candidate: Annotated[
        Path | None, typer.Argument(help="Bundle to promote; none with --roll-back.")
    ] = None,
    current: Annotated[Path, typer.Option(help="The bundle that is served.")] = Path("var/model"),
    data: Annotated[
        Path | None,
        typer.Option(help="Prepared data set with held-out users, such as a merged one."),
    ] = None,
    list_loss: ListLoss = 0.005,
    rating_loss: RatingLoss = 0.02,
    keep: Keep = 5,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Let the bundle of before take its place again.")
    ] = False,
    skip_bad_rows: SkipBadRows = False,
    json_file: JsonFile = None,
) -> None:
    """Let a bundle take the place of the served one, unless held-out users get worse from it."""
    from model.errors import ModelError
    from scripts.loop.promote import Bounds, promote_if_no_worse
    from scripts.loop.swap import roll_back as go_back
    from scripts.terminal import output
    from scripts.termination import terminating_in_order

    if roll_back:
        if candidate is not None:
            raise ModelError("--roll-back takes no candidate: it goes back to what was before.")
        version, before, withdrawn = go_back(current)
        kept = "" if withdrawn is None else f"; {before or 'what was there'} is in {withdrawn}"
        output.print(f"{version} is in {current} again{kept}.")
        return
    if candidate is None or data is None:
        raise ModelError(
            "name a candidate, and by --data the data to judge by: "
            "`melu promote CANDIDATE --current BUNDLE --data FOLDER`."
        )
    bounds = Bounds(list_loss, rating_loss)
    with terminating_in_order():
        is_promoted = promote_if_no_worse(
            candidate,
            current,
            data,
            bounds=bounds,
            keep=keep,
            skip_bad_rows=skip_bad_rows,
            json_file=json_file,
        )
    if not is_promoted:
        raise typer.Exit(REFUSED)


def retrain(
    folder: Folder,
    model: Annotated[
        Path, typer.Option(envvar="MELU_MODEL", help="The bundle that is served.")
    ] = Path("var/model"),
    work: Annotated[
        Path, typer.Option(help="Folder for the candidate, the report, and data in between.")
    ] = Path("var/retrain"),
    store_folder: StoreFolder = Path("var/store"),
    store: StoreUrl = None,
    erasure_log: ErasureLog = None,
    preset: StartedPreset = None,
    from_served: Annotated[
        bool,
        typer.Option(
            "--from-served",
            help="Begin with the served bundle's weights, and not with random ones.",
        ),
    ] = False,
    hold_out: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=0.5,
            help="Share of all users to judge by; that of the served bundle, or 0.1.",
        ),
    ] = None,
    list_loss: ListLoss = 0.005,
    rating_loss: RatingLoss = 0.02,
    keep: Keep = 5,
    seed: Annotated[int, typer.Option(help="Every random draw follows from it.")] = 0,
    local_steps: LocalSteps = None,
    local_learning_rate: LocalRate = None,
    epochs: Epochs = None,
    batch_users: BatchUsers = None,
    first_order: FirstOrder = False,
    skip_bad_rows: SkipBadRows = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave export and merged data in the work folder.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Export feedback, merge it with the data, train, judge and promote: for cron."""
    from scripts.loop.promote import Bounds
    from scripts.loop.retrain import RetrainPlan
    from scripts.loop.retrain import retrain as run

    plan = RetrainPlan(
        folder=folder,
        model=model,
        work=work,
        store_folder=store_folder,
        store=store,
        erasure_log=erasure_log,
        preset=preset,
        options={
            "local_steps": local_steps,
            "local_learning_rate": local_learning_rate,
            "epochs": epochs,
            "batch_users": batch_users,
            "second_order": False if first_order else None,
        },
        from_served=from_served,
        held_out=hold_out,
        bounds=Bounds(list_loss, rating_loss),
        keep=keep,
        seed=seed,
        skip_bad_rows=skip_bad_rows,
        keep_data=keep_data,
        json_file=json_file,
    )
    if not run(plan):
        raise typer.Exit(REFUSED)


def evaluate_retraining(
    folder: Folder,
    slices: Annotated[int, typer.Option(min=2, help="Parts of the time that is measured.")] = 6,
    history: Annotated[
        float,
        typer.Option(min=0.1, max=0.9, help="Share of the users who are there when it begins."),
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Every random draw follows from it.")] = 0,
    preset: Annotated[str, typer.Option(help="Estimator preset.")] = "default",
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    epochs: Epochs = None,
    json_file: JsonFile = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw list quality over time to this PNG.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """What is retraining worth? New users of each part of time, retrained against frozen."""
    from scripts.evaluate_retraining import evaluate_retraining_quality
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows)
    evaluate_retraining_quality(
        dataset.liked_only() if likes_only else dataset,
        chosen_preset(preset, epochs=epochs),
        slices=slices,
        history=history,
        seed=seed,
        json_file=json_file,
        plot_file=plot,
    )
