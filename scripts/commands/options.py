"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Prepared data set: a folder with a dataset.toml.")]
SkipBadRows = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Leave bad rows out instead of refusing the set.")
]
StartedPreset = Annotated[
    str | None,
    typer.Option(
        "--preset", help="Estimator preset; that of the bundle to begin with, or default."
    ),
]
LocalSteps = Annotated[int | None, typer.Option(help="Steps of the local update.")]
LocalRate = Annotated[
    float | None, typer.Option(help="Step size of the local update; preset melu only.")
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="Passes over the users: the most of the preset melu; the preset default takes more of "
        "few users, and fewer of many."
    ),
]
BatchUsers = Annotated[int | None, typer.Option(help="Users a global update.")]
StoreFolder = Annotated[
    Path,
    typer.Option(
        "--store-folder", "--folder", envvar="MELU_STORE_FOLDER", help="Of the embedded store."
    ),
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", envvar="MELU_STORE_URL", help="A Redis of your own.")
]
LikesFrom = Annotated[
    float | None,
    typer.Option(help="Take ratings from here on as likes and all others as dislikes."),
]
HeldOut = Annotated[
    float,
    typer.Option(
        "--hold-out",
        min=0,
        max=0.5,
        help="Share of all users, the same in every training, to judge bundles by.",
    ),
]
FirstOrder = Annotated[
    bool, typer.Option("--first-order", help="First-order meta-gradient; preset melu only.")
]
