"""Load a data set for a command, and tell what was left out."""

from pathlib import Path

from model.data import Dataset, load_dataset
from scripts.terminal import console


def load_reported(folder: Path, *, skip_bad_rows: bool, likes_from: float | None = None) -> Dataset:
    """Load a prepared data set and print what the loader left out.

    Args:
        folder: The prepared data set.
        skip_bad_rows: Leave bad rows out instead of refusing the set.
        likes_from: Lowest rating that counts as a like, to keep likes and dislikes alone.

    Returns:
        The data set.

    Raises:
        DatasetError: If the data set can't be loaded.
    """
    dataset = load_dataset(folder, skip_bad_rows=skip_bad_rows)
    report = dataset.report
    for problem, lines in report.bad_rows.items():
        console.print(f"[yellow]skipped {len(lines):,} row(s)[/] {problem}, first at {lines[0]}")
    if report.duplicate_ratings:
        console.print(f"{report.duplicate_ratings:,} older ratings of a pair gave way to newer")
    if report.dropped_features:
        console.print(f"dropped without spread: {', '.join(report.dropped_features)}")
    return dataset if likes_from is None else dataset.as_likes(likes_from)
