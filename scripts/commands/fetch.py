"""The console commands `melu fetch …`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Bring a public data set into the prepared form.")

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


@app.command("ml-100k")
def fetch_ml_100k(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("data/ml-100k"),
) -> None:
    """MovieLens 100K: 100,000 ratings of 1,682 films by 943 users."""
    from scripts.fetch import fetch_ml_100k as fetch

    fetch(out)


@app.command("ml-1m")
def fetch_ml_1m(
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder with ratings.dat, users.dat and movies.dat."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("data/ml-1m"),
) -> None:
    """MovieLens 1M: 1,000,209 ratings of 3,706 films by 6,040 users."""
    from scripts.fetch import fetch_ml_1m as fetch

    fetch(out, source)
