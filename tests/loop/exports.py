"""Exports as a store would give them, for worlds in files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from scripts.loop.exported import EXPORT_FILE, LAYOUT, TABLES, ExportDescription

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
Told = tuple[str, str, float | str, datetime]


def write_export(
    folder: Path,
    told: Sequence[Told],
    *,
    profiles: Mapping[str, Mapping[str, object]] | None = None,
    items: Mapping[str, Mapping[str, object] | None] | None = None,
    created_at: datetime = NOW - HOUR,
    dataset: str = "two-tastes",
) -> Path:
    """Write an export of feedback as (user, item, rating or action, when)."""
    folder.mkdir(parents=True, exist_ok=True)
    profiles, items = profiles or {}, items or {}
    users = dict.fromkeys([*(user for user, *_ in told), *profiles])
    rows = {
        "feedback": [
            (
                user,
                item,
                None if isinstance(value, str) else value,
                value if isinstance(value, str) else None,
                1.0,
                at,
                None,
            )
            for user, item, value, at in told
        ],
        "users": [(one, json.dumps(profiles.get(one, {})), created_at, NOW) for one in users],
        "items": [
            (item, None, None, True)
            if content is None
            else (item, content.get("title"), json.dumps(content.get("attributes", {})), False)
            for item, content in items.items()
        ],
    }
    for name, table in rows.items():
        pl.DataFrame(table, schema=TABLES[name], orient="row").write_parquet(
            folder / f"{name}-00000.parquet"
        )
    description = ExportDescription(
        layout=LAYOUT,
        begun_at=NOW,
        ended_at=NOW,
        dataset=dataset,
        users=len(users),
        feedback=len(told),
        items=len(items),
        onboarding=0,
        unreadable=0,
    )
    (folder / EXPORT_FILE).write_text(description.model_dump_json())
    return folder
