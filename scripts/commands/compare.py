"""The console command `melu compare`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.options import StoreFolder, StoreUrl


def compare(
    folder: StoreFolder = Path("var/store"),
    store: StoreUrl = None,
    days: Annotated[int, typer.Option(help="How many days to look at, today included.")] = 7,
    candidate: Annotated[
        str | None,
        typer.Option(help="Version of the candidate; the one compared last if left out."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the numbers to this file too.")] = None,
) -> None:
    """Tell what users made of a candidate's lists beside those of the current model."""
    # Imported when it runs: `melu --help` should not wait for it.
    from scripts.compare import compare_arms

    compare_arms(folder, store, days=days, candidate=candidate, json_file=json)
