"""What an export of the store is: a folder of Parquet files, and what stands in them.

    export.json             which layout, when, of which data set, how much
    feedback-00000.parquet  a row a piece of feedback, see `FEEDBACK`
    users-00000.parquet     a row a user, see `USERS`
    items-00000.parquet     a row an item put or deleted over HTTP, see `ITEMS`

Each table has as many files as it takes, with the same columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from model.data.reading import UNREADABLE
from model.errors import ModelError
from scripts.loop.export_faults import fault_of

EXPORT_FILE = "export.json"
LAYOUT = 1
_MOMENT = pl.Datetime("us", "UTC")
ONBOARDING = "onboarding"
"""`source` of an answer to a question of the onboarding."""

FEEDBACK: dict[str, Any] = {
    "user_id": pl.String,
    "item_id": pl.String,  # of a comparison the ids that are compared, parted by /
    "rating": pl.Float64,  # either this
    "action": pl.String,  # or this
    "weight": pl.Float64,
    "at": _MOMENT,
    "source": pl.String,
}
USERS: dict[str, Any] = {
    "user_id": pl.String,
    "attributes": pl.String,  # JSON
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
ITEMS: dict[str, Any] = {
    "item_id": pl.String,
    "title": pl.String,
    "attributes": pl.String,  # JSON; nothing if it was deleted
    "deleted": pl.Boolean,
}
NAMES = (EXPORT_FILE, "feedback-*.parquet", "users-*.parquet", "items-*.parquet")
"""What the files of an export are called."""
TABLES = {"feedback": FEEDBACK, "users": USERS, "items": ITEMS}


class ExportError(ModelError):
    """An export can't be written or read."""


class ExportDescription(BaseModel):
    """`export.json`."""

    model_config = ConfigDict(frozen=True)

    layout: int
    begun_at: datetime
    ended_at: datetime
    dataset: str | None
    """What the store was filled for; None if no service ever started on it."""
    users: int
    feedback: int
    items: int
    onboarding: int
    """Pieces of feedback that answer questions of the onboarding."""
    unreadable: int
    """Values that this release can't read, left out."""


@dataclass(frozen=True)
class Export:
    """An export, read.

    Attributes:
        description: Its `export.json`.
        feedback: See `FEEDBACK`; one row a user and item, the newest.
        users: See `USERS`; one row a user, the newest.
        items: See `ITEMS`; one row an item.
    """

    description: ExportDescription
    feedback: pl.DataFrame
    users: pl.DataFrame
    items: pl.DataFrame


def read_export(folder: Path) -> Export:
    """Read what `melu export-feedback` wrote.

    A scan of a store may come by a user twice; of those the newest is taken.

    Args:
        folder: The export.

    Returns:
        The export.

    Raises:
        ExportError: If there is none, or it can't be read.
    """
    try:
        text = (folder / EXPORT_FILE).read_bytes()
        description = ExportDescription.model_validate_json(text)
        tables = {name: _read(folder, name) for name in TABLES}
    except ExportError:
        raise
    except UNREADABLE as error:
        why = (
            f"{EXPORT_FILE} is not as `melu export-feedback` writes it"
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise ExportError(
            f"{folder} holds no export that can be read: {why}. Make one with "
            "`melu export-feedback`."
        ) from error
    if description.layout != LAYOUT:
        raise ExportError(
            f"{folder} has layout {description.layout}, and this release reads {LAYOUT}. Export "
            "anew with this release."
        )
    for name, table in tables.items():
        written = getattr(description, name)
        if table.height != written:
            raise ExportError(
                f"{folder} has {table.height:,} row(s) of {name}, and {EXPORT_FILE} tells of "
                f"{written:,}: files are missing or are of another export. Export anew."
            )
    newest = tables["feedback"].sort("at", "user_id", "item_id", maintain_order=True)
    return Export(
        description,
        newest.unique(["user_id", "item_id"], keep="last", maintain_order=True),
        tables["users"]
        .sort("updated_at", "user_id")
        .unique("user_id", keep="last")
        .sort("user_id"),
        tables["items"].unique("item_id", keep="last").sort("item_id"),
    )


def _read(folder: Path, name: str) -> pl.DataFrame:
    # Opened here, for to Polars a path may be a pattern.
    parts = []
    for path in sorted(folder.glob(f"{name}-*.parquet")):
        with path.open("rb") as file:
            part = pl.read_parquet(file)
        fault = fault_of(part, TABLES[name])
        if fault is not None:
            raise ExportError(
                f"{path} is not as `melu export-feedback` writes it: {fault}. Export anew."
            )
        parts.append(part.select(list(TABLES[name])))
    return pl.concat(parts) if parts else pl.DataFrame(schema=TABLES[name])
