"""What is compared, as it is kept with the counts."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import orjson

CURRENT: Final = "current"
CANDIDATE: Final = "candidate"
"""The two arms."""
PRIOR = "prior"
"""In place of the version of a candidate that is everybody's list."""


@dataclass(frozen=True)
class Experiment:
    """What is compared: equal ones are counted together.

    Attributes:
        current: Version of the current bundle.
        candidate: Version of the candidate's bundle, or `prior`.
        share: Of the users whom the candidate answers.
        salt: What they are dealt by.
    """

    current: str
    candidate: str
    share: float
    salt: str

    @property
    def json(self) -> str:
        """All of it as text."""
        return orjson.dumps(vars(self)).decode()

    @property
    def digest(self) -> str:
        """A short name."""
        return blake2b(self.json.encode(), digest_size=6).hexdigest()
