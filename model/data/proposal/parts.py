"""Folders whose files are parts of one table, as Spark, Hive and warehouses write them."""

from __future__ import annotations

from pathlib import Path

from model.data.reading.files import kind_of
from model.errors import DatasetError

_ENDS = frozenset({".parquet", ".csv", ".tsv", ".json", ".jsonl"})
_DONE = "_SUCCESS"
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Hudi"}
"""Tables of which some files may hold rows that were deleted or changed since."""


def is_in_parts(path: Path) -> bool:
    """Tell whether a folder is a table: by its name, by what was put there, or by its folders'.

    Args:
        path: The folder, or anything else.

    Returns:
        Whether it is: `ratings.parquet/`, one with `_SUCCESS`, or with folders as `year=2024`.
    """
    try:
        if not path.is_dir():
            return False
        names = [one.name for one in path.iterdir() if one.is_dir()]
        is_named = kind_of(path) in _ENDS or (path / _DONE).exists()
    except OSError:  # it is not to be looked into
        return False
    return is_named or any("=" in name or name in _LOGS for name in names)


def parts_of_table(path: Path) -> list[Path]:
    """Return the files of a folder that is a table, but for those that are about it.

    Args:
        path: The folder.

    Returns:
        The files, in the order of their names.

    Raises:
        DatasetError: If its files may hold what is not in the table any more.
    """
    for log, system in _LOGS.items():
        if (path / log).exists():
            raise DatasetError(
                f"it is a table of {system}, whose files may hold rows that were deleted since: "
                "export it."
            )
    return [
        one
        for one in sorted(path.rglob("*"))
        if one.is_file() and not any(name[0] in "._" for name in one.relative_to(path).parts)
    ]
