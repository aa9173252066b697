"""The console commands `melu store …`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.options import StoreFolder, StoreUrl

app = typer.Typer(help="Look after the store of a service.")

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


@app.command("check")
def store_check(folder: StoreFolder = Path("var/store"), store: StoreUrl = None) -> None:
    """Tell what is in the store, and what is wrong with it; exit with 1 if anything is."""
    from scripts.store import check_store

    if not check_store(folder, store):
        raise typer.Exit(1)


@app.command("rewrite")
def store_rewrite(folder: StoreFolder = Path("var/store"), store: StoreUrl = None) -> None:
    """Write the append-only file anew, without what was erased or overwritten."""
    from scripts.store import rewrite_store

    rewrite_store(folder, store)


@app.command("replay-erasures")
def store_replay_erasures(
    file: Annotated[Path, typer.Argument(help="MELU_ERASURE_LOG of the service.")],
    folder: StoreFolder = Path("var/store"),
    store: StoreUrl = None,
) -> None:
    """Erase again whom a restored backup brought back; the service may run."""
    from scripts.store import replay_erasures

    replay_erasures(file, folder, store)


@app.command("backup")
def store_backup(
    file: Annotated[Path, typer.Argument(help="Archive to make, .tar or .tar.gz.")],
    folder: StoreFolder = Path("var/store"),
) -> None:
    """Copy the embedded store into an archive, whether the service runs or not."""
    from scripts.store import back_up_store
    from scripts.termination import terminating_in_order

    with terminating_in_order():
        back_up_store(folder, file)
