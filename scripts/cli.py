"""The console command `melu`."""

import errno
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from model.errors import ModelError
from scripts.commands import evaluation, loop, training
from scripts.commands.compare import compare
from scripts.commands.fetch import app as fetch_app
from scripts.commands.options import Folder, SkipBadRows
from scripts.commands.store import app as store_app
from scripts.terminal import print_whatever_the_encoding

app = typer.Typer(
    help="MeLU Online: cold-start recommendations that adapt to a new user's first ratings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(fetch_app, name="fetch", no_args_is_help=True)
app.add_typer(store_app, name="store", no_args_is_help=True)
items_app = typer.Typer(help="Look after the catalogue of a running service.")
app.add_typer(items_app, name="items", no_args_is_help=True)
if find_spec("scripts.benchmark") is not None:  # an installed wheel has none
    from scripts.benchmark.commands import app as benchmark_app

    app.add_typer(benchmark_app, name="benchmark", no_args_is_help=True)
else:

    @app.command(
        hidden=True,
        context_settings={
            "ignore_unknown_options": True,
            "allow_extra_args": True,
            "help_option_names": [],
        },
    )
    def benchmark() -> None:
        """Say where the benchmarks are."""
        raise ModelError(
            "the benchmarks are not part of the installed package; run `melu benchmark` from a "
            "copy of the repository."
        )


_NOT_YOURS = "Name another, or have it made yours."
_NO_ROOM = "Make room, and run it again."
_REMEDIES = {
    errno.EACCES: _NOT_YOURS,
    errno.EPERM: _NOT_YOURS,
    errno.EROFS: "Name another: nothing there can be written.",
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
}
"""What a machine may refuse anywhere, whatever a command does."""


# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Has your files.")] = Path(),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the proposal without asking.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a description that is there.")
    ] = False,
) -> None:
    """Look at a folder's files, and propose the dataset.toml that describes them."""
    from scripts.init import init_dataset

    init_dataset(folder, yes=yes, force=force)


@app.command()
def check(folder: Folder = Path()) -> None:
    """Tell all that is wrong with a prepared data set at once, and what it means."""
    from scripts.check import check_dataset

    if not check_dataset(folder):
        raise typer.Exit(1)


@app.command()
def describe(folder: Folder = Path(), skip_bad_rows: SkipBadRows = False) -> None:
    """Print what is in a prepared data set."""
    from scripts.describe import describe_dataset

    describe_dataset(folder, skip_bad_rows=skip_bad_rows)


app.command()(training.train)
app.command()(evaluation.evaluate)
app.command()(compare)


@app.command()
def fans(
    kinds: Annotated[
        list[str], typer.Argument(help='name:value of an item attribute each, as "genre:Horror".')
    ],
    model: Annotated[Path, typer.Option(help="Bundle.")] = Path("var/model"),
) -> None:
    """Show what somebody gets who loves three popular items of a kind."""
    from scripts.fans import show_fans

    show_fans(model, kinds)


@app.command()
def interviews(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(help='name:value of an item attribute each, as "genre:Horror".'),
    ] = None,
    model: Annotated[Path, typer.Option(help="Bundle.")] = Path("var/model"),
) -> None:
    """Show what people are asked who answer oppositely, or know nothing of a kind."""
    from scripts.interviews import show_interviews

    show_interviews(model, kinds or [])


app.command("export-feedback")(loop.export_feedback)
app.command("merge-feedback")(loop.merge_feedback)
app.command()(loop.promote)
app.command()(loop.retrain)
app.command("evaluate-retraining")(loop.evaluate_retraining)
app.command("evaluate-onboarding")(evaluation.evaluate_onboarding)
app.command("evaluate-lists")(evaluation.evaluate_lists)
app.command("evaluate-exploration")(evaluation.evaluate_exploration)


@app.command()
def serve(
    model: Annotated[
        Path | None, typer.Option(help="Bundle to serve [MELU_MODEL, default var/model].")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on [MELU_HOST, default 127.0.0.1].")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on [MELU_PORT, default 8000].")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes [MELU_WORKERS, default 1].")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(help="redis:// URL of your store [MELU_STORE_URL, default: embedded]."),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Listen beyond this machine without access control."),
    ] = False,
) -> None:
    """Serve the API and the demo page, with an embedded store unless one is named."""
    from scripts.serve import serve as run

    run(
        model=model,
        host=host,
        port=port,
        workers=workers,
        store=store,
        insecure=insecure or None,
    )


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Folder for the data, the model and the store.")
    ] = Path("melu-demo"),
    host: Annotated[
        str | None, typer.Option(help="Address to listen on [MELU_HOST, default 127.0.0.1].")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on [MELU_PORT, default 8000].")
    ] = None,
) -> None:
    """Fetch MovieLens 100K, train on it, and serve: each step only if it has not been done."""
    from scripts.demo import run_demo

    run_demo(folder, host=host, port=port)


@items_app.command("import")
def import_items(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet with the columns item_id, title and one an attribute; or JSON "
            "lines of item_id, title and attributes."
        ),
    ],
    service: Annotated[str, typer.Option(help="URL of the service.")] = "http://127.0.0.1:8000",
    key: Annotated[
        str | None, typer.Option(envvar="MELU_API_KEY", help="A server key, if it asks for one.")
    ] = None,
    separator: Annotated[
        str, typer.Option(help="What parts several values in a cell of a table.")
    ] = "|",
    data: Annotated[
        Path | None,
        typer.Option(help="Data set whose [items] tell how the file is written and its columns."),
    ] = None,
) -> None:
    """Add or change many items of a running service."""
    from scripts.import_items import import_items as send

    send(file, service=service, key=key, separator=separator, data=data)


@app.command("opposite-users")
def opposite_users(
    url: Annotated[str, typer.Option(help="A running service.")] = "http://127.0.0.1:8000",
) -> None:
    """Show on a running service that two users with opposite ratings get different lists."""
    from scripts.opposite_users import compare_opposite_users

    compare_opposite_users(url)


def main() -> None:
    """Run the command; an expected error is one line on standard error and exit status 1."""
    print_whatever_the_encoding()
    try:
        app()
    except ModelError as error:
        typer.secho(f"melu: {error}", fg="red", err=True)
        raise SystemExit(1) from error
    except OSError as error:
        if error.filename is None:  # what is read and written has a name; standard output has none
            told = f"nothing more can be printed: {error.strerror}."
        elif error.errno in _REMEDIES:
            told = f"{error.filename}: {error.strerror}. {_REMEDIES[error.errno]}"
        else:
            raise
        typer.secho(f"melu: {told}", fg="red", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
