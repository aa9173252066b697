"""What the store's account must be allowed to do, tried when the service starts."""

from __future__ import annotations

from contextlib import aclosing

from redis.exceptions import NoPermissionError, ResponseError

from app.store.clients import StoreClient, keys_on_every_server
from app.store.keys import LAYOUT_KEY, NOBODY, user_key, user_lists_key
from app.store.scripts import StoredScript

_ANSWER_SECONDS = 1.0
_GRANT = (
    "Grant ~melu:* ~{melu:catalogue}:* ~rate:* &melu:* +@read +@write +@hash +@sortedset +@string "
    "+@scripting +@pubsub +@connection +time"
)


async def missing_permissions(client: StoreClient, channel: str) -> list[str]:
    """Try each kind of key with all commands that it takes, and the channel of announcements.

    Args:
        client: The client; a cluster's must have asked it something already.
        channel: The channel.

    Returns:
        A sentence if anything is not allowed, with what and the remedy; nothing is kept.

    Raises:
        RedisError: If the store can't be reached.
    """
    script = StoredScript.named(client, "check_access")
    users = [
        ("melu:user:*", key, "hash", channel)
        for key in keys_on_every_server(client, user_key(NOBODY))
    ]
    others = [
        ("melu:lists:*", user_lists_key(NOBODY), "hash", ""),
        ("{melu:catalogue}:*", "{melu:catalogue}:/probe", "zset", ""),
        ("{melu:catalogue}:*", "{melu:catalogue}:/probe", "hash", ""),
        ("{melu:catalogue}:*", "{melu:catalogue}:/probe", "string", ""),
        (LAYOUT_KEY, f"{LAYOUT_KEY}{NOBODY}", "hash", ""),
        ("rate:*", "rate:{/probe}", "string", ""),
    ]
    refused: dict[str, None] = {}
    for pattern, key, kind, announced in (*users, *others):
        try:
            found = await script([key], [kind, announced])
        except NoPermissionError as error:
            found = ["keys" if "keys" in str(error) else "EVAL"]
        except ResponseError:
            continue  # a server that takes no writes is told of elsewhere
        for what in found:
            on = {"keys": f"keys {pattern}", "channel": f"channel {channel}"}
            refused[on.get(what, f"command {what}")] = None
    if not await _may_listen(client, channel):
        refused[f"channel {channel}"] = None
    if not refused:
        return []
    return [f"The store's account may not use: {', '.join(refused)}. {_GRANT}."]


async def _may_listen(client: StoreClient, channel: str) -> bool:
    # A cluster's client doesn't ask by itself which server a channel is on.
    await client.initialize()
    async with aclosing(client.pubsub()) as subscription:
        try:
            await subscription.subscribe(channel)
            await subscription.get_message(timeout=_ANSWER_SECONDS)
        except NoPermissionError:
            return False
    return True
