"""Everything that an answer follows from, named once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import orjson

ANONYMOUS = ""
"""In place of the id and the revision of unknown users: all of them get one answer."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a ranking and its first page follow from: two that are equal have equal answers.

    The name of the list, the ETag, and the key of the cache all follow from it and from nothing
    else, so none of them can cover less than the answer does. Later pages are cut from the frozen
    list as the catalogue is by then, and their ETag is a digest of what they show.

    Attributes:
        model: Model and catalogue, as `Snapshot.key` names them.
        settings: Digest of the settings that change a ranking, and of the release.
        arm: Which of two models or ways of ranking that are compared; empty where none are.
        owner: The user's id, or `ANONYMOUS`.
        revision: The user's revision, or `ANONYMOUS`.
        ranking: The parameters that all pages of a ranking share.
        page: All parameters.
        until: When cursors of the answer end, in seconds since the epoch.
    """

    model: str
    settings: str
    arm: str
    owner: str
    revision: str
    ranking: str
    page: str
    until: int

    @property
    def list_id(self) -> str:
        """Names the ranking, whatever its pages hold and however long its cursors are valid."""
        return _digest(self.model, self.settings, self.arm, self.owner, self.revision, self.ranking)

    @property
    def etag(self) -> str:
        """Names the answer, quoted as the header has it."""
        made_by = (self.model, self.settings, self.arm, self.owner, self.revision)
        # The page's parameters hold the ranking's.
        return f'"{_digest(*made_by, self.page, self.until, self.ranking)}"'

    @property
    def cache_key(self) -> str:
        """Names the answer among those of its owner's revision."""
        return cache_key(self.model, self.settings, self.arm, self.page, self.until)


def cache_key(model: str, settings: str, arm: str, page: str, until: int) -> str:
    """Name an answer before its owner is known; see `Fingerprint`."""
    return f"{model} {settings} {arm} {until} {page}"


def digest_of_settings(release: str, settings: Mapping[str, object]) -> str:
    """Name the settings that change a ranking.

    Args:
        release: The version of the service, whose next one may rank otherwise.
        settings: Name → value.

    Returns:
        A short text, equal for equal settings whatever their order.
    """
    return _digest(release, *(f"{name}={settings[name]!r}" for name in sorted(settings)))


def _digest(*parts: str | int) -> str:
    return blake2b(orjson.dumps(parts), digest_size=12).hexdigest()
