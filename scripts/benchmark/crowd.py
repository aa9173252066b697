"""Users of the service benchmark, and what they rate."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from app.store import NewEvent, UserStore, connect_store
from scripts.benchmark.load import HttpRequest

RATINGS = 20
_LEVELS = 5
_WRITES_AT_ONCE = 50
_TIMEOUT_SECONDS = 30.0
_CONNECTIONS = 8


class Crowd:
    """Users of 20 ratings each, who change their minds on demand.

    Args:
        item_ids: The catalogue.
        scale: Lowest and highest rating.
        users: How many.
        store_url: Where they are kept.
    """

    def __init__(
        self, item_ids: Sequence[str], scale: tuple[float, float], users: int, store_url: str
    ) -> None:
        low, high = scale
        self._store_url = store_url
        self._levels = [low + (high - low) * level / (_LEVELS - 1) for level in range(_LEVELS)]
        self._random = random.Random(0)  # noqa: S311 - no secret
        self.names = [f"benchmark-{user}" for user in range(users)]
        self._ratings = {
            name: {
                item: self._random.choice(self._levels)
                for item in self._random.sample(item_ids, min(RATINGS, len(item_ids) // 2))
            }
            for name in self.names
        }

    def write(self) -> None:
        """Write every user with all ratings to the store."""
        self._write(
            {
                name: [NewEvent(item, rating) for item, rating in ratings.items()]
                for name, ratings in self._ratings.items()
            }
        )

    def change(self) -> None:
        """Let every user rate one item again, so that no answer given before is still right."""
        self._write({name: [NewEvent(*self._changed(name))] for name in self.names})

    def asks(self) -> list[HttpRequest]:
        """Let every user ask for recommendations once."""
        return [_ask(name) for name in self.names]

    def ratings(self) -> list[HttpRequest]:
        """Let every user rate one item again, over HTTP."""
        return [self._rates(name) for name in self.names]

    def mixed(self, count: int) -> list[HttpRequest]:
        """Let users rate and ask in turn, about two questions a rating.

        Of the questions every other is the user's first one after a rating.

        Args:
            count: How many requests, at least.

        Returns:
            The requests.
        """
        users = len(self.names)
        soon, later = users // 10, users // 2
        requests = []
        for step in range(count // 3 + 1):
            requests += [
                self._rates(self.names[step % users]),
                _ask(self.names[(step - soon) % users]),
                _ask(self.names[(step - later) % users]),
            ]
        return requests

    def _rates(self, name: str) -> HttpRequest:
        item, rating = self._changed(name)
        body = orjson.dumps({"events": [{"item_id": item, "rating": rating}]}).decode()
        return HttpRequest(f"/users/{name}/feedback", body)

    def _changed(self, name: str) -> tuple[str, float]:
        ratings = self._ratings[name]
        item = self._random.choice(list(ratings))
        ratings[item] = self._random.choice([one for one in self._levels if one != ratings[item]])
        return item, ratings[item]

    def _write(self, events: Mapping[str, Sequence[NewEvent]]) -> None:
        asyncio.run(_write(self._store_url, events))


def _ask(name: str) -> HttpRequest:
    return HttpRequest(f"/users/{name}/recommendations")


async def _write(store_url: str, events: Mapping[str, Sequence[NewEvent]]) -> None:
    redis = connect_store(store_url, timeout_seconds=_TIMEOUT_SECONDS, connections=_CONNECTIONS)
    store = UserStore(redis, timeout_seconds=_TIMEOUT_SECONDS)
    now, names = datetime.now(UTC), list(events)
    try:
        for start in range(0, len(names), _WRITES_AT_ONCE):
            some = names[start : start + _WRITES_AT_ONCE]
            await asyncio.gather(*(store.add_feedback(name, events[name], now) for name in some))
    finally:
        await redis.aclose()
