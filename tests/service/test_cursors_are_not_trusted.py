"""A cursor is input: nothing that this service would not have written is taken."""

import http.client
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from tests.running import Service
from tests.service.visitors import Visitor, assert_problem, ok

VALUES = (
    *(None, True, False, -1, 0, 1, 10**6, 2**31, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 1.5, 1e300),
    *("", "x", "0" * 24, "g" * 24, "melu:user:ann", "*", "\0", "\ud7ff", "9" * 500),
    *([], {}, [1], {"a": 1}, [[[]]]),
)


def opened(cursor: str) -> list[Any]:
    """What a cursor says: the digest of its request, and the place."""
    found: list[Any] = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return found


def closed(content: object) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def forgeries(cursor: str) -> list[str]:
    """Cursors of the right request whose place says something else."""
    digest, place = opened(cursor)
    assert isinstance(place, dict)
    found = [closed([digest, place | {name: value}]) for name in place for value in VALUES]
    found += [closed([digest, {k: v for k, v in place.items() if k != name}]) for name in place]
    found += [closed([digest, value]) for value in VALUES]
    found += [closed([digest, place | {"more": 1}]), closed([digest, place, 1]), closed([digest])]
    found += [closed(value) for value in VALUES]
    found += [closed([value, place]) for value in VALUES]
    return [one for one in found if one != cursor]


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    visitor.rate({item: 1 + item % 5 for item in range(12)})
    return visitor


@pytest.fixture(params=["recommendations", "anonymous", "feedback", "items"])
def page(
    request: pytest.FixtureRequest, reader: Visitor, client: httpx.Client
) -> Callable[[str | None], httpx.Response]:
    """Ask for a page of one kind of list."""
    path = {
        "recommendations": f"{reader.path}/recommendations",
        "anonymous": "/users/never seen before/recommendations",
        "feedback": f"{reader.path}/feedback",
        "items": "/items",
    }[request.param]

    def ask(cursor: str | None) -> httpx.Response:
        parameters = {"limit": "5"} | ({"cursor": cursor} if cursor is not None else {})
        return client.get(path, params=parameters)

    return ask


def test_a_forged_cursor_is_refused_or_another_place_of_the_same_list(
    page: Callable[[str | None], httpx.Response],
):
    cursor = ok(page(None))["next_cursor"]
    forged = forgeries(cursor)
    assert len(forged) > 100

    answers = [page(one) for one in forged]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) > len(forged) / 2
    for answer in refused:
        assert_problem(answer, 400, "invalid_cursor")
    assert ok(page(cursor))["items"]


def test_no_forged_cursor_leaves_anything_in_the_store(reader: Visitor, service: Service):
    cursor = reader.recommendations(limit=5)["next_cursor"]
    digest, place = opened(cursor)
    with service.store() as store:
        for name, value in (("until", 2**62), ("list_id", "f" * 24), ("is_anonymous", True)):
            forged = closed([digest, place | {name: value}])
            assert_problem(
                reader.get("recommendations", limit=5, cursor=forged), 400, "invalid_cursor"
            )
        keys = [key for key in store.scan_iter("melu:lists:*") if reader.user_id in key]
        assert len(keys) == 1
        assert 0 < store.ttl(keys[0]) <= 2 * 3600


def test_unknown_users_make_nothing_grow(service: Service):
    plain = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    # What other tests left may expire meanwhile, but nothing may come.
    with service.store() as store:
        before = set(store.scan_iter(count=1000))
        cursors = 0
        for number in range(10_000):
            plain.request("GET", f"/users/x{number % 7}/recommendations?limit=1&exclude={number}")
            answer = plain.getresponse()
            cursors += b'"next_cursor":"' in answer.read()
            assert answer.status == 200
        assert set(store.scan_iter(count=1000)) - before == set()
    plain.close()
    assert cursors == 10_000
