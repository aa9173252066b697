"""Fill a store with a great many users, as the service would have written them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from multiprocessing import get_context

from redis.asyncio import Redis

from app.store import NewEvent, close_store, connect_store
from app.store.commands import command, send_commands
from app.store.keys import user_key
from app.store.records import fields_of_new_user
from model.errors import ModelError

_PROCESSES = 4
_AT_ONCE = 500
_TIMEOUT_SECONDS = 60.0
_LEVELS = 5


class FillError(ModelError):
    """The users could not be written."""


def write_users(
    url: str, names: Sequence[str], items: Sequence[str], scale: tuple[float, float], feedback: int
) -> float:
    """Write users of random feedback, each event with an id, of whom the store has none.

    A test holds that the store has of them what it has of users whom the service wrote.

    Args:
        url: The store, one server.
        names: The users.
        items: Ids that they rate.
        scale: Lowest and highest rating.
        feedback: Pieces of feedback of each.

    Returns:
        The seconds that it took.

    Raises:
        FillError: If the store refused one.
    """
    started = time.perf_counter()
    parts = [names[number::_PROCESSES] for number in range(_PROCESSES)]
    write = partial(_write_part, url, items, scale, min(feedback, len(items)))
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(write, parts):
            """An error of one is raised here."""
    return time.perf_counter() - started


def _write_part(
    url: str,
    items: Sequence[str],
    scale: tuple[float, float],
    feedback: int,
    names: Sequence[str],
) -> None:
    asyncio.run(_write(url, _batches(items, scale, feedback, names)))


def _batches(
    items: Sequence[str], scale: tuple[float, float], feedback: int, names: Sequence[str]
) -> Iterator[list[bytes]]:
    low, high = scale
    levels = [low + (high - low) * level / (_LEVELS - 1) for level in range(_LEVELS)]
    now = datetime.now(UTC)
    for start in range(0, len(names), _AT_ONCE):
        batch = []
        for name in names[start : start + _AT_ONCE]:
            draw = random.Random(name)  # noqa: S311 - no secret
            events = [
                NewEvent(item, draw.choice(levels), event_id=f"{draw.getrandbits(128):032x}")
                for item in draw.sample(items, feedback)
            ]
            fields = chain.from_iterable(fields_of_new_user(events, now).items())
            batch.append(command("HSET", user_key(name), *fields))
        yield batch


async def _write(url: str, batches: Iterator[list[bytes]]) -> None:
    client = connect_store(url, timeout_seconds=_TIMEOUT_SECONDS, connections=1)
    if not isinstance(client, Redis):
        raise FillError("users can be written to one server only.")
    try:
        for batch in batches:
            for answer in await send_commands(client, batch):
                if isinstance(answer, Exception):
                    raise FillError(f"a user could not be written: {answer}") from answer
    finally:
        await close_store(client)
