"""The console commands `melu benchmark …`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure this project beside plain designs of the same, on this machine.")

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the numbers to this file too.")
]
PlotFile = Annotated[Path | None, typer.Option("--plot", help="Draw them to this PNG file.")]

# Each command imports what it needs when it runs: `melu --help` should not wait for torch.


@app.command()
def training(
    folder: Annotated[
        Path, typer.Argument(help="Prepared data set: a folder with a dataset.toml.")
    ],
    split: Annotated[
        Path | None,
        typer.Option(
            help='JSON with "cold_users" and "cold_items"; without, a random fifth of each.'
        ),
    ] = None,
    users: Annotated[
        int,
        typer.Option(
            min=0,
            help="Users that the authors' design is timed on and its epoch extrapolated from; "
            "0 for all.",
        ),
    ] = 200,
    repeats: Annotated[int, typer.Option(min=1, help="How often to time each.")] = 5,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Time an epoch of meta-training beside the design of the MeLU authors' code."""
    from scripts.benchmark.training import benchmark_training
    from scripts.loading import load_reported

    benchmark_training(
        load_reported(folder, skip_bad_rows=False),
        split_file=split,
        sampled_users=users,
        repeats=repeats,
        json_file=json_file,
        plot_file=plot_file,
    )


@app.command()
def growth(
    size: Annotated[
        list[str] | None,
        typer.Option(
            help="RATINGS,USERS,ITEMS to plant and train on; may be repeated. Without, from a "
            "hundred thousand ratings to five million."
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="What to train.")] = "default",
    processes: Annotated[
        int, typer.Option(min=1, help="Processes to train in, as torchrun starts them.")
    ] = 1,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Train on planted data of growing size; tell time and memory."""
    from scripts.benchmark.growth import SIZES, benchmark_growth
    from scripts.benchmark.planted import Size

    sizes = [Size.parse(text) for text in size] if size else SIZES
    benchmark_growth(
        sizes, preset=preset, processes=processes, json_file=json_file, plot_file=plot_file
    )


@app.command()
def plant(
    folder: Annotated[Path, typer.Argument(help="Where to; made if it does not exist.")],
    size: Annotated[str, typer.Option(help="RATINGS,USERS,ITEMS.")] = "100000,1000,2000",
    seed: Annotated[int, typer.Option(help="Every random draw follows from it.")] = 0,
) -> None:
    """Plant a prepared data set of any size, as `growth` trains on."""
    from scripts.benchmark.planted import Size, write_planted

    write_planted(folder, Size.parse(size), seed=seed)


@app.command()
def service(
    model: Annotated[Path, typer.Option(help="Bundle to serve.")],
    users: Annotated[int, typer.Option(min=10, help="Users who ask, of 20 ratings each.")] = 1000,
    seconds: Annotated[int, typer.Option(min=1, help="Time to measure each peak.")] = 10,
    sustained_seconds: Annotated[
        int, typer.Option(min=1, help="Time of a constant rate at half of the peak.")
    ] = 60,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Measure answers a second of one worker beside a naive design and a no-op; takes wrk."""
    from scripts.benchmark.service import benchmark_service

    benchmark_service(
        model,
        users=users,
        seconds=seconds,
        sustained_seconds=sustained_seconds,
        json_file=json_file,
        plot_file=plot_file,
    )


@app.command()
def ranking(
    model: Annotated[
        list[Path], typer.Option(help="Bundle to rank with; may be repeated, one a preset.")
    ],
    rounds: Annotated[
        int, typer.Option(min=1, help="How often the things that are compared take turns.")
    ] = 25,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Time a user's exact ranking beside a forward pass that is anonymous, and a naive design."""
    from scripts.benchmark.ranking import benchmark_ranking

    benchmark_ranking(model, rounds=rounds, json_file=json_file, plot_file=plot_file)


@app.command()
def large(
    model: Annotated[Path, typer.Option(help="Bundle to grow from.")],
    items: Annotated[int, typer.Option(min=100_001, help="Size of the catalogue.")] = 1_000_000,
    users: Annotated[int, typer.Option(min=10, help="Users who rate and ask in a round.")] = 500,
    recall_users: Annotated[int, typer.Option(min=1, help="Users to measure recall on.")] = 100,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Grow a catalogue to a million items, serve it and compare with exact ranking; takes wrk."""
    from scripts.benchmark.large import benchmark_large

    benchmark_large(
        model,
        items=items,
        users=users,
        recall_users=recall_users,
        json_file=json_file,
        plot_file=plot_file,
    )


@app.command()
def store(
    users: Annotated[int, typer.Option(min=1, help="Users to write.")] = 100_000,
    feedback: Annotated[int, typer.Option(min=1, max=500, help="Feedback of each.")] = 20,
    model: Annotated[
        Path | None, typer.Option(help="Bundle of a service whose start is timed.")
    ] = None,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Measure the memory of the store a user, and how soon a service is ready."""
    from scripts.benchmark.store import benchmark_store

    benchmark_store(model, users=users, feedback=feedback, json_file=json_file, plot_file=plot_file)


@app.command()
def feedback(
    model: Annotated[Path, typer.Option(help="Bundle to serve.")],
    size: Annotated[
        list[int] | None,
        typer.Option(min=1, max=5000, help="Feedback of a user; may be repeated."),
    ] = None,
    requests: Annotated[int, typer.Option(min=10, help="Requests of each kind.")] = 200,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Measure writes and rankings by how much feedback their user has; takes redis-server."""
    from scripts.benchmark.long_users import SIZES, benchmark_feedback

    benchmark_feedback(
        model,
        sizes=size or SIZES,
        requests=requests,
        json_file=json_file,
        plot_file=plot_file,
    )


@app.command()
def capacity(
    model: Annotated[Path, typer.Option(help="Bundle to serve.")],
    users: Annotated[int, typer.Option(min=20, help="Users that the store holds.")] = 1_000_000,
    feedback: Annotated[int, typer.Option(min=1, max=500, help="Feedback of each.")] = 20,
    seconds: Annotated[
        int, typer.Option(min=1, help="Time to ask for unchanged lists in each round.")
    ] = 10,
    sustained_seconds: Annotated[
        int, typer.Option(min=1, help="Time of a constant rate at half of the peak.")
    ] = 30,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Measure one worker on a Redis full of users; takes redis-server and wrk."""
    from scripts.benchmark.capacity import benchmark_capacity

    benchmark_capacity(
        model,
        users=users,
        feedback=feedback,
        seconds=seconds,
        sustained_seconds=sustained_seconds,
        json_file=json_file,
        plot_file=plot_file,
    )


@app.command()
def search(
    model: Annotated[Path, typer.Option(help="Bundle whose titles are searched.")],
    titles: Annotated[
        list[int] | None, typer.Option(help="How many; may be repeated; more than it has are made.")
    ] = None,
    json_file: JsonFile = None,
    plot_file: PlotFile = None,
) -> None:
    """Time searches for titles, by the number of titles."""
    from scripts.benchmark.search import benchmark_search

    benchmark_search(
        model,
        sizes=titles or [1_682, 50_000, 200_000],
        json_file=json_file,
        plot_file=plot_file,
    )
