"""Whether the store takes writes, tried out."""

from __future__ import annotations

from functools import partial

from redis.asyncio import Redis
from redis.exceptions import ReadOnlyError, ResponseError

from app.store.clients import StoreClient, keys_on_every_server, leave_replica
from app.store.commands import command
from app.store.connection import nothing_between, repeated_when_cut_off
from app.store.keys import NOBODY, user_key
from app.store.replicas import Acknowledgement, NotReplicated, send_and_wait

_PROBE_KEY = user_key(NOBODY)


async def refusal_of_writes(
    client: StoreClient, acknowledged: Acknowledgement | None
) -> str | None:
    """Ask the store whether it takes writes.

    Args:
        client: The client.
        acknowledged: Which replicas must have a write; None if that is not waited for.

    Returns:
        The reason why it acknowledges no write, such as full memory; None if it does.

    Raises:
        RedisError: If the store can't be read either.
    """
    try:
        await repeated_when_cut_off().call_with_retry(
            partial(_try_writing, client, acknowledged), nothing_between
        )
    except NotReplicated as error:
        return str(error)
    except ResponseError as error:
        if isinstance(error, ReadOnlyError):
            await leave_replica(client)
        await client.exists(_PROBE_KEY)
        return str(error)
    return None


async def _try_writing(client: StoreClient, acknowledged: Acknowledgement | None) -> None:
    """Write what has no effect, and is refused whenever a write that takes memory is."""
    await client.exists(_PROBE_KEY)
    if acknowledged is not None and isinstance(client, Redis):
        # The replicas must have all that was written before too.
        await send_and_wait(client, acknowledged, command("SETRANGE", _PROBE_KEY, 0, ""))
        return
    for key in keys_on_every_server(client, _PROBE_KEY):
        await client.setrange(key, 0, "")
