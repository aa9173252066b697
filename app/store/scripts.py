"""Scripts that run on the server."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


def read_script(*names: str) -> str:
    """Return the text of scripts, one after the other."""
    folder = files("app.store") / "lua"
    return "".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names)


class StoredScript:
    """A script that the server is asked to run by its digest, for it knows the text.

    redis-py's `register_script` answers a server that lost its scripts by loading the text and
    asking by digest again, which fails if the scripts are flushed in between. Sending the text to
    be run can't.

    Args:
        redis: The client.
        *names: Files whose texts make up the script.
    """

    def __init__(self, redis: Redis, *names: str) -> None:
        self._redis = redis
        self._text = read_script(*names)
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[str | int]) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            keys: Its keys.
            args: Its arguments.

        Returns:
            What it returned.

        Raises:
            RedisError: If the store can't be reached.
        """
        count, given = len(keys), (*keys, *args)
        try:
            return await self._redis.evalsha(self._digest, count, *given)
        except NoScriptError:
            # It was not run, so it may be sent again: as text, which no flush can take away.
            return await self._redis.eval(self._text, count, *given)
