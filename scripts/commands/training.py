"""The console command `melu train`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.options import (
    BatchUsers,
    Epochs,
    FirstOrder,
    Folder,
    HeldOut,
    LikesFrom,
    LocalRate,
    LocalSteps,
    SkipBadRows,
    StartedPreset,
)

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


def train(
    folder: Folder = Path(),
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")] = Path("var/model"),
    preset: StartedPreset = None,
    seed: Annotated[int, typer.Option(help="Every random draw follows from it.")] = 0,
    begin: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A bundle whose weights to begin with, and whose configuration to take."
        ),
    ] = None,
    hold_out: HeldOut = 0.0,
    local_steps: LocalSteps = None,
    local_learning_rate: LocalRate = None,
    epochs: Epochs = None,
    batch_users: BatchUsers = None,
    first_order: FirstOrder = False,
    likes_from: LikesFrom = None,
    skip_bad_rows: SkipBadRows = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on from the checkpoints of a training that was stopped, if any."
        ),
    ] = False,
    checkpoints: Annotated[
        bool, typer.Option(help="Keep checkpoints beside the bundle until it is written.")
    ] = True,
) -> None:
    """Meta-train θ on a prepared data set and write a bundle; under torchrun, in its processes."""
    from model.ranks.torch_ranks import joined_ranks
    from scripts.loading import load_reported
    from scripts.terminal import quiet_unless
    from scripts.train import chosen_preset, train_bundle

    with joined_ranks() as ranks:
        quiet_unless(ranks.rank == 0)
        chosen = chosen_preset(
            preset,
            of_bundle=begin,
            ranks=ranks.size,
            local_steps=local_steps,
            local_learning_rate=local_learning_rate,
            epochs=epochs,
            batch_users=batch_users,
            second_order=False if first_order else None,
        )
        dataset = load_reported(
            folder, skip_bad_rows=skip_bad_rows, likes_from=likes_from, ranks=ranks
        )
        train_bundle(
            dataset,
            out,
            chosen,
            seed=seed,
            resume=resume,
            keeps_checkpoints=checkpoints,
            held_out=hold_out,
            begin=begin,
        )
