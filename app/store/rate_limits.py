"""Rate limits, counted in the store so that all workers and replicas share them."""

import hashlib
import math
import time
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import RedisClusterStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from app.problems import RateLimited
from app.store.clients import StoreClient
from app.store.connection import store_errors

_KEY_PREFIX = "rate"
_DEMO_VISITORS = parse("60/minute")
_DEMO_REQUESTS = parse("900/minute")
"""Of one visitor of the demo page, where settings say nothing of users."""


class RateLimits:
    """Counts the requests of API keys and of users' tokens; refuses those beyond a limit.

    Counting and comparing is one script in the store, so no two replicas both let the last request
    through, and windows run by the store's clock. Without a limit the store isn't asked.

    Args:
        redis: The client.
        per_user: Requests with tokens of one user, such as `600/minute`; None for no limit.
        per_key: Requests with one API key.
        salt: Hashes users' ids in the store; every replica has the same.
    """

    def __init__(
        self, redis: StoreClient, *, per_user: str | None, per_key: str | None, salt: bytes
    ) -> None:
        self._per_user = parse(per_user) if per_user else None
        self._per_key = parse(per_key) if per_key else None
        self._salt = hashlib.sha256(salt).digest()
        self._limiter = SlidingWindowCounterRateLimiter(_storage(redis))

    async def count_key(self, digest: bytes) -> None:
        """Count a request with an API key.

        Args:
            digest: The key's hash.

        Raises:
            RateLimited: If there were too many.
            StoreUnavailable: If the store can't be reached.
        """
        if self._per_key is not None:
            await self._count(self._per_key, "key", digest)

    async def count_demo_visitor(self) -> None:
        """Count a visitor of the demo page who asks for a token; all of them share one limit.

        Raises:
            RateLimited: If there were too many.
            StoreUnavailable: If the store can't be reached.
        """
        await self._count(_DEMO_VISITORS, "demo", b"")

    async def count_user(self, user_id: str, *, is_demo: bool = False) -> None:
        """Count a request with a user's token.

        Args:
            user_id: The token's user.
            is_demo: Whether it is a visitor of the demo page.

        Raises:
            RateLimited: If there were too many.
            StoreUnavailable: If the store can't be reached.
        """
        limit = self._per_user or (_DEMO_REQUESTS if is_demo else None)
        if limit is not None:
            await self._count(limit, "user", user_id.encode())

    async def _count(self, limit: RateLimitItem, kind: str, who: bytes) -> None:
        # Hashed, so that nothing in the store names a user who was erased.
        name = hashlib.blake2b(who, key=self._salt, digest_size=16).hexdigest()
        async with store_errors():
            if await self._limiter.hit(limit, kind, name):
                return
            window = await self._limiter.get_window_stats(limit, kind, name)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        raise RateLimited(f"More than {limit} requests; slow down.", retry_after=seconds)


def _storage(redis: StoreClient) -> RedisStorage:
    if isinstance(redis, Redis):
        return RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=_KEY_PREFIX,
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # not in its annotation
        )
    return _OnCluster(redis)


class _OnCluster(RedisClusterStorage):
    """Counts with a client that is there already; by itself it makes one without our bounds."""

    STORAGE_SCHEME = []  # noqa: RUF012 # it is found by none, and declared as an attribute

    def __init__(self, client: RedisCluster) -> None:
        self._client = client
        super().__init__("async+redis+cluster://", implementation="redispy", key_prefix=_KEY_PREFIX)

    def configure_bridge(self) -> None:
        """Let the scripts run with the client."""
        bridge: Any = self.bridge
        bridge.storage = self._client
        bridge.connection_getter = lambda _: self._client
