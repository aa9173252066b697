"""Clients that write and read while the store fails, and what they must not see."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from uuid import uuid4

import httpx

from tests.running import Service
from tests.service.visitors import Visitor, assert_problem

PATIENCE_SECONDS = 2.5
"""Two seconds, and an answer's own time on a busy machine."""
ITEMS = 60


@dataclass(frozen=True)
class Answer:
    """How one request went."""

    kind: str
    sent_at: float
    seconds: float
    status: int


@dataclass
class Load:
    """Four clients: each writes one rating after the other, and reads in between.

    Attributes:
        answers: All that came back.
        new_user: Names the next user of a client, given its number.
        acknowledged: User → item → rating, as far as the service said that it has them.
    """

    service: Service
    new_user: Callable[[int], str] = lambda number: f"load {number} {uuid4()}"
    answers: list[Answer] = field(default_factory=list)
    acknowledged: dict[str, dict[str, float]] = field(default_factory=dict)
    stopping: Event = field(default_factory=Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Send requests meanwhile; raise what went wrong with them."""
        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(self._client, number) for number in range(4)]
            try:
                yield self
            finally:
                self.stopping.set()
            for client in clients:
                client.result()

    def seen(self, kind: str, since: float = 0.0) -> set[int]:
        """Statuses of the answers to requests of a kind."""
        return {one.status for one in self.answers if one.kind == kind and one.sent_at >= since}

    def assert_harmless(self) -> None:
        """Hold what is promised of every answer, whatever happened to the store."""
        assert {one.status for one in self.answers} <= {200, 503}
        slowest = max(self.answers, key=lambda one: one.seconds)
        assert slowest.seconds < PATIENCE_SECONDS, slowest
        with self.service.client() as http:
            for user_id, ratings in self.acknowledged.items():
                stored = Visitor(http, user_id).ratings()
                assert {item: stored.get(item) for item in ratings} == ratings

    def _client(self, number: int) -> None:
        with self.service.client() as http:
            written = 0
            while not self.stopping.is_set():
                if written % ITEMS == 0:
                    visitor = Visitor(http, self.new_user(number))
                # Each rating is written once, so that what is stored must be what was said.
                item, rating = str(written % ITEMS), 1 + written % 5
                written += 1
                event = {"item_id": item, "rating": rating}
                answer = self._send("write", http, "POST", f"{visitor.path}/feedback", json=event)
                if answer.status_code == 200:
                    self.acknowledged.setdefault(visitor.user_id, {})[item] = rating
                self._send("read", http, "GET", f"{visitor.path}/recommendations")
                self._send("read", http, "GET", f"{visitor.path}/feedback")

    def _send(
        self, kind: str, http: httpx.Client, method: str, path: str, json: object = None
    ) -> httpx.Response:
        started = time.monotonic()
        answer = http.request(method, path, json=json)
        seconds = time.monotonic() - started
        self.answers.append(Answer(kind, started, seconds, answer.status_code))
        if answer.status_code != 200:
            assert_problem(answer, 503, "store_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
            # A client that does what Retry-After says does not hammer.
            self.stopping.wait(0.05)
        return answer
