"""User tokens: short-lived JWTs that a server hands to a user's browser."""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cachetools import TTLCache

from model.catalogue.identifiers import is_valid_id

ALGORITHM = "HS256"
AUDIENCE = "melu-online"
_KNOWN_TOKENS = 10_000
_DEMO = "demo"
_DEMO_RETURNS = timedelta(days=30)


class InvalidToken(Exception):  # noqa: N818 - as JWT libraries call it
    """A token that this service did not issue, or one that has expired."""


@dataclass(frozen=True)
class IssuedToken:
    """A token for one user, and when it ends."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class TokenHolder:
    """Whom a token was issued for.

    Attributes:
        user_id: The user whose paths it opens.
        is_demo: Whether it is a visitor of the demo page, whose token opens what that reads too.
    """

    user_id: str
    is_demo: bool = False


class UserTokens:
    """Issues and checks user tokens.

    Args:
        token_secrets: The first signs; a token signed with any of them is good. Without one, a
            secret of this process alone signs.
        seconds: How long a token is good.
    """

    def __init__(self, token_secrets: Sequence[str], seconds: int) -> None:
        self._secrets = tuple(token_secrets) or (secrets.token_hex(32),)
        self._lifetime = timedelta(seconds=seconds)
        # To check a signature takes longer than the rest of a request that is answered from
        # memory. Hashes of tokens, not the tokens, and no longer than a token is good: an erased
        # user's id is not to stay in memory.
        self._known: TTLCache[bytes, tuple[TokenHolder, float]] = TTLCache(_KNOWN_TOKENS, seconds)

    def issue(self, user_id: str, *, is_demo: bool = False) -> IssuedToken:
        """Make a token.

        Args:
            user_id: Whose paths it opens.
            is_demo: Whether it is for a visitor of the demo page.

        Returns:
            The token.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._lifetime
        claims: dict[str, object] = {
            "sub": user_id,
            "aud": AUDIENCE,
            "iat": now,
            "exp": expires_at,
        }
        if is_demo:
            claims[_DEMO] = True
        return IssuedToken(jwt.encode(claims, self._secrets[0], ALGORITHM), expires_at)

    def user_of(self, token: str) -> str:
        """Check a token.

        Args:
            token: What a caller sent.

        Returns:
            The user whose paths it opens.

        Raises:
            InvalidToken: If it is not one of ours, or has expired.
        """
        return self.holder_of(token).user_id

    def renewable_by(self, token: str) -> str:
        """Check whether a visitor of the demo page may have another token.

        Args:
            token: One that they had, which may have expired meanwhile.

        Returns:
            The visitor.

        Raises:
            InvalidToken: If it is none of the demo page's, or older than a month.
        """
        claims = self._claims(token, is_past_end=True)
        if claims.get(_DEMO) is not True or time.time() > claims["iat"] + (
            _DEMO_RETURNS.total_seconds()
        ):
            raise InvalidToken
        user_id: str = claims["sub"]
        return user_id

    def holder_of(self, token: str) -> TokenHolder:
        """Check a token, and tell of its kind.

        Args:
            token: What a caller sent.

        Returns:
            Whom it was issued for.

        Raises:
            InvalidToken: If it is not one of ours, or has expired.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            claims = self._claims(token)
            holder = TokenHolder(claims["sub"], claims.get(_DEMO) is True)
            known = self._known[digest] = (holder, float(claims["exp"]))
        holder, expires_at = known
        if time.time() >= expires_at:
            raise InvalidToken
        return holder

    def _claims(self, token: str, *, is_past_end: bool = False) -> dict[str, Any]:
        for secret in self._secrets:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    secret,
                    algorithms=[ALGORITHM],
                    audience=AUDIENCE,
                    # Another replica's clock may be ahead; `exp` is what counts.
                    options={
                        "require": ["sub", "aud", "iat", "exp"],
                        "verify_iat": False,
                        "verify_exp": not is_past_end,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                break
            if not is_valid_id(claims["sub"]):
                break
            return claims
        raise InvalidToken
