"""A table of a folder: a file, or several that belong together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from model.data.proposal.names import tells
from model.data.reading import LINE, RawTable, TableFormat
from model.data.reading.files import kind_of

_BESIDE_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class FoundTable:
    """A file that can be read as a table.

    Attributes:
        folder: That of the data.
        path: The file, or the first of several.
        described: How it is written; what the reader finds by itself is left out.
        raw: Its rows.
        more: Other files with the same columns, whose rows are there too.
    """

    folder: Path
    path: Path
    described: TableFormat
    raw: RawTable
    more: tuple[Path, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the files, from the folder of the data on."""
        return [path.relative_to(self.folder).as_posix() for path in (self.path, *self.more)]

    @property
    def name(self) -> str:
        """Name of the file, or of the folder beside others whose files are its parts."""
        return self.path.relative_to(self.folder).parts[0]

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [name for name in self.raw.table.columns if name != LINE]

    def holds_rows_of(self, other: FoundTable) -> bool:
        """Tell whether another file is a copy of this one, packed perhaps."""
        return not self.more and self.raw.table.equals(other.raw.table)

    def is_part_with(self, other: FoundTable) -> bool:
        """Tell whether both are parts of one table: written alike, with the same columns."""
        return (
            (self.described, kind_of(self.path)) == (other.described, kind_of(other.path))
            and dict(self.raw.table.schema) == dict(other.raw.table.schema)
            and self.raw.left_out == other.raw.left_out
        )

    def continues(self, other: FoundTable) -> bool:
        """Tell whether this is more of the same table: written alike, and with its columns.

        Who did what is so whatever the files are called, if they have the same columns. Other
        tables are if their names differ by numbers alone: those of users and of items may both
        have an id and a name. Then some may have columns that others lack.
        """
        if (self.described, kind_of(self.path)) != (other.described, kind_of(other.path)):
            return False
        mine, others = set(self.columns), set(other.columns)
        both = mine & others
        if any(self.raw.table.schema[name] != other.raw.table.schema[name] for name in both):
            return False
        if _letters(self.path) == _letters(other.path):
            return len(both) > 1 and both in (mine, others)
        tells_both = all(any(tells(name, what) for name in both) for what in ("user", "item"))
        return mine == others and tells_both

    def with_rows_of(self, other: FoundTable) -> FoundTable:
        """Return the table with the rows of another, as far as both have the same columns."""
        malformed = {
            problem: self.raw.malformed.get(problem, []) + other.raw.malformed.get(problem, [])
            for problem in self.raw.malformed | other.raw.malformed
        }
        names = [*(name for name in self.columns if name in other.columns), LINE]
        rows = pl.concat([self.raw.table.select(names), other.raw.table.select(names)])
        raw = RawTable(rows, self.raw.header, malformed, self.raw.left_out)
        return replace(self, raw=raw, more=(*self.more, other.path, *other.more))

    def lost_beside(self, other: FoundTable) -> list[str]:
        """Tell which columns are lost where another table's rows are put to these."""
        lost = sorted({*self.columns} ^ {*other.columns})
        if not lost:
            return []
        files = f"{self.name} and {other.name}"
        return [f"{', '.join(map(repr, lost))} is left out: not both of {files} have it."]


def _letters(path: Path) -> str:
    stem = path.name.removesuffix("".join(path.suffixes))
    return _BESIDE_LETTERS.sub("", stem).lower()
