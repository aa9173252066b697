"""Scripts that run on the server."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ReadOnlyError

from app.store.clients import StoreClient, leave_replica
from app.store.commands import command, send_commands
from app.store.replicas import Acknowledgement, send_and_wait


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
        client: The client.
        text: What the server runs.
        acknowledged: Which replicas must have what it wrote; None if that is not waited for.
    """

    def __init__(
        self, client: StoreClient, text: str, acknowledged: Acknowledgement | None = None
    ) -> None:
        self._client = client
        self._text = text
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()
        self._acknowledged = acknowledged

    @classmethod
    def named(
        cls, client: StoreClient, *names: str, acknowledged: Acknowledgement | None = None
    ) -> StoredScript:
        """Make the script of the files whose texts it is made up of."""
        return cls(client, read_script(*names), acknowledged)

    async def __call__(self, keys: Sequence[str], args: Sequence[str | int]) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            keys: Its keys; in a cluster all of one slot.
            args: Its arguments.

        Returns:
            What it returned.

        Raises:
            RedisError: If the store can't be reached, or too few replicas have what was written.
        """
        try:
            return await self._run(len(keys), (*keys, *args))
        except ReadOnlyError:
            await leave_replica(self._client)
            raise

    async def _run(self, count: int, given: Sequence[str | int]) -> Any:  # noqa: ANN401 - what the script returns
        if self._acknowledged is not None and isinstance(self._client, Redis):
            write = command("EVAL", self._text, count, *given)
            return await send_and_wait(self._client, self._acknowledged, write)
        try:
            return await self._call("EVALSHA", self._digest, count, *given)
        except NoScriptError:
            # It was not run, so it may be sent again: as text, which no flush can take away.
            return await self._call("EVAL", self._text, count, *given)

    async def _call(self, *parts: str | int) -> Any:  # noqa: ANN401 - what the script returns
        if not isinstance(self._client, Redis):
            return await self._client.execute_command(*parts)
        (answer,) = await send_commands(self._client, [command(*parts)])
        if isinstance(answer, Exception):
            raise answer
        return answer
