"""What a training tells about itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict


class EpochReport(BaseModel):
    """What one pass over the users gave."""

    model_config = ConfigDict(frozen=True)

    phase: str
    """What the pass is for: `search` with users held out, `refit` on all of them."""
    epoch: int
    epochs: int
    """Most epochs that this phase may take."""
    loss: float
    """Mean query loss of the global updates."""
    validation_mae: dict[str, float] | None
    """Support size → MAE of the held-out users, on the rating scale; None in a refit."""
    seconds: float
    list_quality: float | None = None
    """nDCG@20 of users who were held out, after five ratings; None where none were."""


class TrainingReport(BaseModel):
    """The course of a training."""

    model_config = ConfigDict(frozen=True)

    seed: int
    users: int
    ratings: int
    validation_users: int
    best_epoch: int
    epochs: tuple[EpochReport, ...]
    seconds: float
    relevance: tuple[EpochReport, ...] = ()
    """Of the relevance objective, where the preset has one."""
    held_out: float = 0.0
    """Share of all users who are held out of every training; see `model.data.hold_out`."""
    started_from: str | None = None
    """Version of the bundle whose weights the training began with; None for random ones."""


def notes_of(reports: Sequence[EpochReport]) -> dict[str, Any]:
    """Return what a checkpoint keeps of the reports so far."""
    return {"reports": [report.model_dump() for report in reports]}


def reports_of(notes: Mapping[str, Any]) -> list[EpochReport]:
    """Return the reports that a checkpoint kept; none where there was no checkpoint."""
    return [EpochReport.model_validate(report) for report in notes.get("reports", ())]
