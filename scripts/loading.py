"""Load a data set for a command, and tell what was left out."""

from pathlib import Path

from model.data import Dataset, LoadReport, load_dataset
from model.ranks import ALONE, Ranks
from scripts.terminal import console

_VALUES_SHOWN = 3


def load_reported(
    folder: Path,
    *,
    skip_bad_rows: bool,
    likes_from: float | None = None,
    ranks: Ranks = ALONE,
) -> Dataset:
    """Load a prepared data set and print what the loader left out.

    Args:
        folder: The prepared data set.
        skip_bad_rows: Leave bad rows out instead of refusing the set.
        likes_from: Lowest rating that counts as a like, to keep likes and dislikes alone.
        ranks: The processes of a training; each keeps the ratings of its own users.

    Returns:
        The data set.

    Raises:
        DatasetError: If the data set can't be loaded.
    """
    dataset = load_dataset(folder, skip_bad_rows=skip_bad_rows, ranks=ranks)
    print_report(dataset.report)
    return dataset if likes_from is None else dataset.as_likes(likes_from)


def print_report(report: LoadReport) -> None:
    """Print what the loader read, left out, and noticed.

    Args:
        report: The loader's.
    """
    for name, file in report.files.items():
        console.print(f"{name}: {file.rows:,} rows, {file.read:,} read, {file.refused:,} refused")
    for sentence in report.told:
        console.print(sentence)
    for problem, lines in report.bad_rows.items():
        some = ", ".join(report.values.get(problem, [])[:_VALUES_SHOWN])
        what = f"{problem} ({some})" if some else problem
        console.print(f"skipped {len(lines):,} row(s): {what}, first at {lines[0]}", style="yellow")
    if report.duplicate_ratings:
        console.print(f"{report.duplicate_ratings:,} older ratings of a pair gave way to newer")
    if report.dropped_features:
        console.print(f"dropped without spread: {', '.join(report.dropped_features)}")
