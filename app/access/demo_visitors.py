"""Visitors of the demo page of a guarded service: random users with tokens of their own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.access.same_origin import is_same_origin
from app.access.tokens import InvalidToken, UserTokens
from app.problems import Forbidden
from app.store import RateLimits

PREFIX = "demo-"
_ID_BYTES = 16


@dataclass(frozen=True)
class Visitor:
    """A visitor, and what opens their paths until when."""

    user_id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class DemoVisitors:
    """Admits visitors of the demo page.

    Attributes:
        tokens: Issues tokens.
        limits: How many visitors a minute may bring.
    """

    tokens: UserTokens
    limits: RateLimits

    async def admit(self, headers: Mapping[str, str], earlier_token: str | None) -> Visitor:
        """Make a random visitor and a token; or another token of the same visitor.

        Nobody chooses a visitor's id, so no token opens the paths of a user who is none.

        Args:
            headers: Of the request, which has to come from our own page.
            earlier_token: What a visitor had who comes back; one that is too old begins anew.

        Returns:
            The visitor.

        Raises:
            Forbidden: If another site's page asks.
            RateLimited: If there are too many visitors.
            StoreUnavailable: If the store can't be reached.
        """
        if not is_same_origin(headers):
            raise Forbidden("Only the service's own page gets visitors here.")
        await self.limits.count_demo_visitor()
        user_id = f"{PREFIX}{secrets.token_hex(_ID_BYTES)}"
        if earlier_token is not None:
            with contextlib.suppress(InvalidToken):
                user_id = self.tokens.renewable_by(earlier_token)
        issued = self.tokens.issue(user_id, is_demo=True)
        return Visitor(user_id, issued.token, issued.expires_at)
