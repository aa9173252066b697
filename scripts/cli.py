"""The console command `melu`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

from model.errors import ModelError
from scripts.terminal import print_whatever_the_encoding

app = typer.Typer(
    help="MeLU Online: cold-start recommendations that adapt to a new user's first ratings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
fetch_app = typer.Typer(help="Bring a public data set into the prepared form.")
app.add_typer(fetch_app, name="fetch", no_args_is_help=True)
store_app = typer.Typer(help="Look after the store of a service.")
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


StoreFolder = Annotated[
    Path, typer.Option("--folder", envvar="MELU_STORE_FOLDER", help="Of the embedded store.")
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", envvar="MELU_STORE_URL", help="A Redis of your own.")
]
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

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


@fetch_app.command("ml-100k")
def fetch_ml_100k(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("data/ml-100k"),
) -> None:
    """MovieLens 100K: 100,000 ratings of 1,682 films by 943 users."""
    from scripts.fetch import fetch_ml_100k as fetch

    fetch(out)


@fetch_app.command("ml-1m")
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


@app.command()
def train(
    folder: Folder = Path(),
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")] = Path("var/model"),
    preset: PresetName = "default",
    seed: Annotated[int, typer.Option(help="Every random draw follows from it.")] = 0,
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
    """Meta-train θ on a prepared data set and write a bundle."""
    from scripts.loading import load_reported
    from scripts.train import chosen_preset, train_bundle

    chosen = chosen_preset(
        preset,
        local_steps=local_steps,
        local_learning_rate=local_learning_rate,
        epochs=epochs,
        batch_users=batch_users,
        second_order=False if first_order else None,
    )
    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=likes_from)
    train_bundle(dataset, out, chosen, seed=seed, resume=resume, keeps_checkpoints=checkpoints)


@app.command()
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


@store_app.command("check")
def store_check(folder: StoreFolder = Path("var/store"), store: StoreUrl = None) -> None:
    """Tell what is in the store, and what is wrong with it; exit with 1 if anything is."""
    from scripts.store import check_store

    if not check_store(folder, store):
        raise typer.Exit(1)


@store_app.command("rewrite")
def store_rewrite(folder: StoreFolder = Path("var/store"), store: StoreUrl = None) -> None:
    """Write the append-only file anew, without what was erased or overwritten."""
    from scripts.store import rewrite_store

    rewrite_store(folder, store)


@store_app.command("replay-erasures")
def store_replay_erasures(
    file: Annotated[Path, typer.Argument(help="MELU_ERASURE_LOG of the service.")],
    folder: StoreFolder = Path("var/store"),
    store: StoreUrl = None,
) -> None:
    """Erase again whom a restored backup brought back; the service may run."""
    from scripts.store import replay_erasures

    replay_erasures(file, folder, store)


@store_app.command("backup")
def store_backup(
    file: Annotated[Path, typer.Argument(help="Archive to make, .tar or .tar.gz.")],
    folder: StoreFolder = Path("var/store"),
) -> None:
    """Copy the embedded store into an archive, whether the service runs or not."""
    from scripts.store import back_up_store

    back_up_store(folder, file)


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


@app.command("evaluate-onboarding")
def evaluate_onboarding(
    folder: Folder,
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw list quality by number of questions to this PNG.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
) -> None:
    """What do answers to questions bring, by who chose the questions?"""
    from model.presets import PRESETS
    from scripts.evaluate_onboarding import evaluate_onboarding_quality
    from scripts.loading import load_reported

    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=None)
    evaluate_onboarding_quality(
        dataset.liked_only() if likes_only else dataset,
        PRESETS["default"],
        seeds=seeds,
        json_file=json_file,
        plot_file=plot,
    )


@app.command("evaluate-lists")
def evaluate_lists(
    folder: Folder,
    seeds: Annotated[int, typer.Option(min=1, help="How many times to draw and train.")] = 3,
    likes_only: Annotated[
        bool, typer.Option("--likes-only", help="Forget all but which ratings are likes.")
    ] = False,
    new_items: Annotated[
        bool, typer.Option("--new-items", help="Lists of items that training never saw.")
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
    from model.evaluation.lists import PROTOCOLS
    from scripts.evaluate_lists import evaluate_list_quality
    from scripts.loading import load_reported
    from scripts.train import chosen_preset

    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows, likes_from=None)
    evaluate_list_quality(
        dataset.liked_only() if likes_only else dataset,
        chosen_preset("default"),
        PROTOCOLS[int(answers)],
        new_items=new_items,
        seeds=seeds,
        json_file=json_file,
        plot_file=plot,
    )


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
) -> None:
    """Add or change many items of a running service."""
    from scripts.import_items import import_items as send

    send(file, service=service, key=key, separator=separator)


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


if __name__ == "__main__":
    main()
