"""Scenarios: parameters of rankings under a name, as settings tell them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.numbers import Share
from model.orders import Order


class Scenario(BaseModel):
    """Parameters of a ranking; what a request says itself wins over them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int | None = Field(default=None, ge=1, le=200)
    """Most items of a page."""
    order: Order | None = None
    """What the list goes by."""
    filter: tuple[str, ...] | None = None
    """`name:value` on item attributes."""
    exclude_seen: bool | None = None
    """Whether what the user knows is left out."""
    diversity: Share | None = None
    """What is given up for variety."""
    explore: Share | None = None
    """Share of the places for items that the model is unsure about."""
    explain: bool | None = None
    """Whether reasons are told."""

    @field_validator("filter")
    @classmethod
    def _check_filter(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in value or ():
            if not text.partition(":")[1] or text.startswith(":"):
                raise ValueError(f"{text!r} is no filter: expected name:value")
        return None if value is None else tuple(sorted(set(value)))


ScenarioName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
"""Small letters, digits, - and _, a letter first."""
