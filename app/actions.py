"""Actions: what they mean, as settings tell it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.numbers import Share

UNSEEN = "unseen"
"""The user does not know the item: no rating, but evidence of what this user does not choose."""
PASSED = "passed"
"""Shown among others, of which others were picked: as weak as `unseen`, and never an answer."""
PICKED = "picked"
"""Picked of a screen: it speaks for choosing the item, and is no rating."""
RESERVED = (UNSEEN, PASSED, PICKED)
NOT_KNOWN = (UNSEEN, PASSED)
"""Actions on items that the user need not know, so that these may be recommended."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class ActionMeaning(BaseModel):
    """What an action means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Share | None = None
    """Place on the rating scale, 0 lowest and 1 highest; none if it is no rating."""
    positive: bool | None = None
    """Without a place: whether it speaks for choosing the item, or against it; none for neither."""
    weight: float = Field(default=1.0, gt=0, le=100)
    """How many actions of weight 1 it counts as, where choice is learnt."""

    @model_validator(mode="after")
    def _one_of_both(self) -> ActionMeaning:
        if self.place is not None and self.positive is not None:
            raise ValueError("an action with a place on the scale is positive or not by its place")
        return self


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name is a letter and up to 31 letters, digits, '_' or '-', all small")
    if name in RESERVED:
        raise ValueError(f"{name} has its own meaning")
    return name


ActionName = Annotated[str, AfterValidator(_check_name)]

DEFAULT_ACTIONS = {
    "like": ActionMeaning(place=1.0),
    "dislike": ActionMeaning(place=0.0),
    "click": ActionMeaning(place=0.7),
    "skip": ActionMeaning(),
}
"""What actions mean unless settings say otherwise; passing over is no evidence."""
