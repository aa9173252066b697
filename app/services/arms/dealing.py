"""Deal users to arms and to groups by a hash, so that nothing has to be kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b, sha256

GROUPS = 64
"""Groups of users that lists are counted by. Lists of one user are alike, so what they tell of the
error of a rate has to be taken from whole users; groups do it without naming any."""


@dataclass(frozen=True)
class Dealt:
    """What a hash says of a user.

    Attributes:
        is_candidates: Whether the candidate answers.
        group: From 0 to `GROUPS` − 1, and independent of that.
    """

    is_candidates: bool
    group: int


class Dealing:
    """Deals users to arms: the same on every replica and after every restart.

    A larger share takes users to those whom the candidate had, and none away from it.

    Args:
        share: Share of the users whom the candidate answers, 0 to 1.
        salt: Another one deals all users anew.
    """

    def __init__(self, share: float, salt: str) -> None:
        self.share = share
        self.salt = salt
        self._key = sha256(salt.encode()).digest()

    def of(self, user_id: str) -> Dealt:
        """Say where a user belongs.

        Args:
            user_id: The user, who may be unknown.

        Returns:
            Arm and group.
        """
        digest = blake2b(user_id.encode(), key=self._key, digest_size=16).digest()
        place = int.from_bytes(digest[:8]) / 2**64
        return Dealt(place < self.share, int.from_bytes(digest[8:]) % GROUPS)
