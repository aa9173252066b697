"""Read tables of a prepared data set as text, and refuse or report bad rows."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from model.data.description import Feature, FeatureKind
from model.errors import DatasetError

LINE = "__line__"
_ROWS_SHOWN = 5
_OWN_NAMES = (LINE, "__bad__", "__user__", "__item__", "__rating__", "__at__")


UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OSError)
"""What Polars raises over a file that it can't read; a damaged Parquet may make it panic."""


@dataclass
class LoadReport:
    """What the loader left out and why."""

    bad_rows: dict[str, list[int]] = field(default_factory=dict)
    """Problem → lines that have it, all skipped."""
    duplicate_ratings: int = 0
    """Older ratings of a (user, item) pair that a newer one replaced."""
    dropped_features: list[str] = field(default_factory=list)
    """Features with fewer than two distinct values, as `users.name` or `items.name`."""


class RowChecker:
    """Counts bad rows, and refuses them unless they are to be skipped.

    Args:
        report: Where skipped rows are noted.
        skip_bad_rows: Skip instead of refusing.
    """

    def __init__(self, report: LoadReport, skip_bad_rows: bool) -> None:
        self.report = report
        self._skip = skip_bad_rows

    def keep(self, table: pl.DataFrame, bad: pl.Expr, problem: str, path: Path) -> pl.DataFrame:
        """Return the rows of a table without those that `bad` marks.

        Args:
            table: With line numbers.
            bad: Marks bad rows; unknown is not bad.
            problem: What is wrong with them.
            path: The table's file.

        Returns:
            The other rows.

        Raises:
            DatasetError: If a row is bad and bad rows are not to be skipped.
        """
        marked = table.with_columns(bad.fill_null(value=False).alias("__bad__"))
        lines = marked.filter("__bad__").get_column(LINE).to_list()
        if not lines:
            return table
        key = f"{path.name}: {problem}"
        if not self._skip:
            shown = ", ".join(str(line) for line in lines[:_ROWS_SHOWN])
            more = f" and {len(lines) - _ROWS_SHOWN} more" if len(lines) > _ROWS_SHOWN else ""
            raise DatasetError(
                f"{path}: {problem} in {len(lines)} row(s), at line {shown}{more}. "
                "Correct the file, or pass --skip-bad-rows to leave these rows out."
            )
        self.report.bad_rows[key] = lines
        return marked.filter(~pl.col("__bad__")).drop("__bad__")

    def drop_feature(self, name: str) -> None:
        """Note a feature that can't tell any two rows apart."""
        self.report.dropped_features.append(name)


def read_table(
    path: Path, columns: list[str], features: dict[str, Feature] | None = None
) -> pl.DataFrame:
    """Read columns of a CSV or Parquet file as text (lists stay lists), with line numbers.

    Args:
        path: The file.
        columns: Columns to read.
        features: Those of them that are features; only `categories` may hold lists, and those
            of text alone.

    Returns:
        The columns, and the line of each row in the column `LINE`.

    Raises:
        DatasetError: If the file is missing or malformed, or lacks a column.
    """
    for name in columns:
        # To Polars these are patterns of names.
        if name in _OWN_NAMES or name == "*" or (name.startswith("^") and name.endswith("$")):
            raise DatasetError(f"{path}: a column can't be named {name!r}; rename it.")
    if not _is_there(path):
        raise DatasetError(f"{path} does not exist, but the dataset.toml beside it names it.")
    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
        else:
            # Ids are text ("007" is not 7), so no type is guessed.
            table = pl.read_csv(path, infer_schema=False)
    except UNREADABLE as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(
            f"{path} can't be read as {'Parquet' if path.suffix == '.parquet' else 'UTF-8 CSV'}: "
            f"{first}"
        ) from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise DatasetError(
            f"{path} has no column {', '.join(repr(name) for name in missing)}; "
            f"it has: {', '.join(table.columns)}. Correct dataset.toml or the file."
        )
    table = table.select(list(dict.fromkeys(columns)))
    categories = {name for name, one in (features or {}).items() if one.kind.holds_several}
    as_text = []
    for name, dtype in table.schema.items():
        if isinstance(dtype, pl.List) and name in categories and not dtype.inner.is_nested():
            as_text.append(pl.col(name).cast(pl.List(pl.String)))
        elif dtype.is_nested():
            what = "lists" if isinstance(dtype, pl.List) else f"values of type {dtype}"
            raise DatasetError(
                f"{path}: {name!r} holds {what}; describe it as {FeatureKind.CATEGORIES.value!r} "
                "if it is a feature with lists of texts, or write one value a row."
            )
        else:
            as_text.append(pl.col(name).cast(pl.String))
    try:
        table = table.with_columns(as_text)
    except UNREADABLE as error:
        raise DatasetError(f"{path} holds values that are no text and no numbers.") from error
    # Line 1 of a CSV is its header, so its first row stands on line 2.
    first_line = 1 if path.suffix == ".parquet" else 2
    return table.with_row_index(LINE, offset=first_line)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file
        return False
