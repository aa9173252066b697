"""How a call is made, without making it: what to send next, how long to wait, when to stop.

A generator tells the next step and is sent its outcome, so that the sync and the async client do
the same by two short loops.
"""

from __future__ import annotations

import json
import random
import time
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, TypeVar, cast

import httpx

from melu_client.calls import Call
from melu_client.errors import MeluError, Unreachable, error_of

T = TypeVar("T")
MOST_ANSWERS = 1000
_FIRST_BACKOFF_SECONDS = 0.25


@dataclass(frozen=True)
class Policy:
    """When to try again."""

    retries: int = 3
    """Attempts after the first one."""
    longest_wait: float = 30
    """Seconds of `Retry-After` that are waited for; a longer one is an error at once."""


@dataclass(frozen=True)
class AskForToken:
    """Ask for a user's token, after the one before was refused if there was one."""

    user_id: str | None
    refused: str | None


@dataclass(frozen=True)
class Send:
    """Send a request."""

    url: str
    method: str
    query: dict[str, Any]
    headers: dict[str, str]
    content: bytes | None


@dataclass(frozen=True)
class Sleep:
    """Wait."""

    seconds: float


Step = AskForToken | Send | Sleep
Outcome = str | httpx.Response | httpx.RequestError | None


@dataclass
class AnswerMemory:
    """Answers by what was asked for, for `If-None-Match`."""

    _answers: OrderedDict[str, tuple[str, bytes]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, key: str) -> tuple[str, bytes] | None:
        """Return tag and body."""
        with self._lock:
            return self._answers.get(key)

    def keep(self, key: str, etag: str, body: bytes) -> None:
        """Keep an answer; the oldest one goes."""
        with self._lock:
            self._answers[key] = (etag, body)
            self._answers.move_to_end(key)
            if len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._answers.clear()


def attempts(
    base_url: str, call: Call[T], policy: Policy, memory: AnswerMemory, *, renews_tokens: bool
) -> Generator[Step, Outcome, T]:
    """Make a call: tell what to do next, be sent the outcome, return the answer or raise its error.

    `base_url` has a slash at its end; `renews_tokens` says whether another token may be had when
    one is refused.
    """
    refused: str | None = None
    is_lost = False  # an attempt may have been carried out, though nobody said so
    failures = 0
    while True:
        token = cast("str | None", (yield AskForToken(call.user_id, refused)))
        request, key = _request(base_url, call, token), _key(base_url, call)
        known = memory.of(key) if call.method == "GET" else None
        if known:
            request.headers["If-None-Match"] = known[0]
        try:
            return cast(T, _read((yield request), key, known, memory))
        except MeluError as error:
            if call.method == "DELETE" and is_lost and error.status == 404:
                return cast(T, None)
            is_lost = is_lost or error.status == 0 or error.status > 500
            if error.status == 401 and renews_tokens and refused is None:
                refused = token
                continue
            backoff = _FIRST_BACKOFF_SECONDS * 2**failures * (1 + random.random())  # noqa: S311
            seconds = backoff if error.retry_after is None else error.retry_after
            if not error.passes or failures >= policy.retries or seconds > policy.longest_wait:
                raise
        failures += 1
        yield Sleep(seconds)


def _request(base_url: str, call: Call[Any], token: str | None) -> Send:
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None
    if call.body is not None:
        headers["Content-Type"] = "application/json"
        content = json.dumps(call.body).encode()
    query = {name: value for name, value in (call.query or {}).items() if value is not None}
    return Send(base_url + call.path, call.method, query, headers, content)


def _key(base_url: str, call: Call[Any]) -> str:
    return json.dumps([base_url, call.user_id, call.path, call.query], sort_keys=True)


def _read(
    outcome: Outcome, key: str, known: tuple[str, bytes] | None, memory: AnswerMemory
) -> object:
    """Return the body of an answer, or raise what it tells of."""
    if isinstance(outcome, httpx.TimeoutException):
        raise Unreachable("timeout", "The service did not answer in time.") from outcome
    if isinstance(outcome, httpx.RequestError):
        raise Unreachable("unreachable", "The service can't be reached.") from outcome
    response = cast(httpx.Response, outcome)
    if response.status_code == 304 and known:
        return json.loads(known[1])
    answer: object = None
    if response.content:
        try:
            answer = json.loads(response.content)
        except ValueError:
            if response.is_success:
                raise MeluError(
                    "invalid_answer", "This is not the service.", status=response.status_code
                ) from None
    if not response.is_success:
        raise error_of(
            response.status_code,
            answer,
            response.headers.get("X-Request-ID"),
            seconds_of(response.headers.get("Retry-After")),
        )
    etag = response.headers.get("ETag")
    if etag and response.request.method == "GET":
        memory.keep(key, etag, response.content)
    return answer


def seconds_of(retry_after: str | None) -> float | None:
    """Read `Retry-After`, which is seconds or a date.

    Args:
        retry_after: The header.

    Returns:
        Seconds from now; None if there is no such header, or nobody can read it.
    """
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
