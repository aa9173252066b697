"""Who calls, for whatever is shared among callers."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """Whoever made the request that is being answered.

    Attributes:
        name: Tells callers apart; never shown.
        is_user: One user, with a token; else a server, or anybody where no keys are set.
    """

    name: str = ""
    is_user: bool = False


CALLER: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039 - it is frozen
