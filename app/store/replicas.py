"""Replicas that must have a write before it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from redis.exceptions import RedisError


class NotReplicated(RedisError):  # noqa: N818 - it says what became of it
    """A write happened, and too few replicas have it: it may be lost if its server is."""


@dataclass(frozen=True)
class Acknowledgement:
    """What a write waits for (Redis' WAIT).

    Attributes:
        replicas: How many must have it.
        milliseconds: How long to wait for them.
    """

    replicas: int
    milliseconds: int
