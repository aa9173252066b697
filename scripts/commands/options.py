"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Prepared data set: a folder with a dataset.toml.")]
SkipBadRows = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Leave bad rows out instead of refusing the set.")
]
PresetName = Annotated[str, typer.Option(help="Estimator preset.")]
LocalSteps = Annotated[int | None, typer.Option(help="Steps of the local update.")]
LocalRate = Annotated[
    float | None, typer.Option(help="Step size of the local update; preset melu only.")
]
Epochs = Annotated[int | None, typer.Option(help="Most passes over the users.")]
BatchUsers = Annotated[int | None, typer.Option(help="Users a global update.")]
LikesFrom = Annotated[
    float | None,
    typer.Option(help="Take ratings from here on as likes and all others as dislikes."),
]
FirstOrder = Annotated[
    bool, typer.Option("--first-order", help="First-order meta-gradient; preset melu only.")
]
