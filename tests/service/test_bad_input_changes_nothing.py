import gzip
import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import Visitor, assert_problem, assert_some_problem, ok

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def known(service: Service) -> Iterator[Visitor]:
    """A user with a profile and feedback."""
    with service.client() as client:
        visitor = Visitor(client, "known to the tests of bad input")
        ok(visitor.put({"city": "Rome", "age": 30}), 201)
        visitor.tell(
            {"item_id": "0", "rating": 5, "at": "2024-01-01T00:00:00Z"},
            {"item_id": "31", "action": "dislike"},
        )
        yield visitor


@pytest.fixture(autouse=True)
def nothing_changes(known: Visitor) -> Iterator[None]:
    """Whatever a test of this file sends: the known user stays as stored."""
    before = known.stored(), known.feedback(), known.support_version()
    yield
    assert (known.stored(), known.feedback(), known.support_version()) == before


def event(**changes: object) -> dict[str, object]:
    """Return an event that would be good but for the changes; None as a value takes away."""
    changed = {"item_id": "1", "rating": 3} | changes
    return {name: value for name, value in changed.items() if value is not None}


REFUSED_EVENTS = {
    "unknown item": (event(item_id="no such item"), "unknown_item"),
    "item in other words": (event(item_id="01"), "unknown_item"),
    "item number": (event(item_id=1), "invalid_body"),
    "no item": (event(item_id=None), "invalid_body"),
    "empty item": (event(item_id=""), "invalid_body"),
    "long item": (event(item_id="x" * 129), "invalid_body"),
    "item with slash": (event(item_id="a/b"), "invalid_body"),
    "item with NUL": (event(item_id="1\0"), "invalid_body"),
    "item with newline": (event(item_id="1\n"), "invalid_body"),
    "item of two dots": (event(item_id=".."), "invalid_body"),
    "half a surrogate pair": (event(item_id="\ud800"), "invalid_body"),
    "above the scale": (event(rating=6), "rating_out_of_range"),
    "just above the scale": (event(rating=5.000001), "rating_out_of_range"),
    "below the scale": (event(rating=0), "rating_out_of_range"),
    "negative": (event(rating=-1), "rating_out_of_range"),
    "huge": (event(rating=1e300), "rating_out_of_range"),
    "text": (event(rating="5"), "invalid_body"),
    "true": (event(rating=True), "invalid_body"),
    "list": (event(rating=[5]), "invalid_body"),
    "both": (event(action="like"), "invalid_body"),
    "neither": (event(rating=None), "invalid_body"),
    "unknown action": (event(rating=None, action="adore"), "unknown_action"),
    "empty action": (event(rating=None, action=""), "invalid_body"),
    "action number": (event(rating=None, action=1), "invalid_body"),
    "naive time": (event(at="2024-01-01T00:00:00"), "invalid_body"),
    "date only": (event(at="2024-01-01"), "invalid_body"),
    "no date": (event(at="yesterday"), "invalid_body"),
    "empty time": (event(at=""), "invalid_body"),
    "no such day": (event(at="2024-02-30T00:00:00Z"), "invalid_body"),
    "time number": (event(at=1704067200), "invalid_body"),
    "time number as text": (event(at="1704067200"), "invalid_body"),
    "time true": (event(at=True), "invalid_body"),
    "before 1970": (event(at="1969-12-31T23:59:59Z"), "invalid_body"),
    "year one": (event(at="0001-01-01T00:00:00+23:59"), "invalid_body"),
    "event id number": (event(event_id=7), "invalid_body"),
    "long event id": (event(event_id="x" * 129), "invalid_body"),
    "event id surrogate": (event(event_id="\udfff"), "invalid_body"),
    "misspelt field": (event(raiting=5), "invalid_body"),
    "surrogate field": (event(**{"\ud800": 1}), "invalid_body"),
}


@pytest.mark.parametrize(("bad", "code"), REFUSED_EVENTS.values(), ids=REFUSED_EVENTS)
def test_a_bad_event(known: Visitor, bad: dict, code: str):
    # Escapes, because half a surrogate pair has no UTF-8.
    for body in (bad, {"events": [event(item_id="2"), bad]}):
        response = known.client.post(
            f"{known.path}/feedback", content=json.dumps(body), headers=JSON
        )
        assert_problem(response, 422, code)


REFUSED_BODIES = {
    "NaN": b'{"item_id": "1", "rating": NaN}',
    "Infinity": b'{"item_id": "1", "rating": Infinity}',
    "-Infinity": b'{"item_id": "1", "rating": -Infinity}',
    "1e999": b'{"item_id": "1", "rating": 1e999}',
    "401 digits": b'{"item_id": "1", "rating": 1%s}' % (b"0" * 400),
    "5001 digits": b'{"item_id": "1", "rating": 1%s}' % (b"0" * 5000),
    "null rating": b'{"item_id": "1", "rating": null}',
    "null both": b'{"item_id": "1", "rating": null, "action": null}',
    "null item": b'{"item_id": null, "rating": 3}',
    "no events": b'{"events": []}',
    "null events": b'{"events": null}',
    "text events": b'{"events": "all"}',
    "empty object": b"{}",
    "empty event": b'{"events": [{}]}',
    "null event": b'{"events": [null]}',
    "list in list": b'{"events": [[{"item_id": "1", "rating": 3}]]}',
    "event and list": b'{"item_id": "1", "rating": 3, "events": [{"item_id": "1", "rating": 3}]}',
    "list": b'[{"item_id": "1", "rating": 3}]',
    "empty list": b"[]",
    "text": b'"like"',
    "number": b"5",
    "true": b"true",
    "null": b"null",
    "nothing": b"",
    "space": b"  ",
    "NUL": b"\0",
    "broken off": b'{"item_id": "1", "rating": 3',
    "two objects": b'{"item_id": "1", "rating": 3}{}',
    "single quotes": b"{'item_id': '1', 'rating': 3}",
    "comma at the end": b'{"item_id": "1", "rating": 3,}',
    "not UTF-8": b'{"item_id": "\xff\xfe", "rating": 3}',
    "UTF-8 of a surrogate": b'{"item_id": "\xed\xa0\x80", "rating": 3}',
    "form": b"item_id=1&rating=3",
    "deep list": b"[" * 100_000,
    "deep closed list": b"[" * 50_000 + b"]" * 50_000,
    "deep events": b'{"events":' * 20_000 + b"1" + b"}" * 20_000,
    "deep item id": b'{"rating": 3, "item_id": ' + b"[" * 500 + b"]" * 500 + b"}",
    "501 events": json.dumps({"events": [event()] * 501}).encode(),
    "600 events": json.dumps({"events": [event()] * 600}).encode(),
}


@pytest.mark.parametrize("body", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
def test_a_bad_body(known: Visitor, body: bytes):
    response = known.client.post(f"{known.path}/feedback", content=body, headers=JSON)

    problem = assert_some_problem(response)
    assert response.status_code in (400, 422)
    assert problem["code"] == "invalid_body"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_a_body_that_is_not_called_json(known: Visitor, kind: str):
    response = known.client.post(
        f"{known.path}/feedback", content=json.dumps(event()), headers={"Content-Type": kind}
    )

    assert_problem(response, 415, "unsupported_media_type")
    assert response.headers["accept"] == "application/json"


def test_a_body_without_a_content_type(known: Visitor):
    response = known.client.post(f"{known.path}/feedback", content=json.dumps(event()))

    assert_problem(response, 415, "unsupported_media_type")


def test_a_body_that_is_compressed(known: Visitor):
    response = known.client.post(
        f"{known.path}/feedback",
        content=gzip.compress(json.dumps(event()).encode()),
        headers=JSON | {"Content-Encoding": "gzip"},
    )

    assert_problem(response, 415, "unsupported_media_type")
    assert response.headers["accept-encoding"] == "identity"


LARGE = json.dumps(event()).encode() + b" " * MEGABYTE


def test_a_body_of_a_megabyte(known: Visitor):
    response = known.client.post(f"{known.path}/feedback", content=LARGE, headers=JSON)

    assert_problem(response, 413, "payload_too_large")


def test_a_body_of_a_megabyte_that_does_not_say_so(known: Visitor):
    pieces = (LARGE[start : start + 65536] for start in range(0, len(LARGE), 65536))

    response = known.client.post(f"{known.path}/feedback", content=pieces, headers=JSON)

    assert "content-length" not in response.request.headers
    assert_problem(response, 413, "payload_too_large")


def test_a_body_in_pieces_is_good_if_it_is_small(known: Visitor, visitor: Visitor):
    """The control of the two tests above."""
    pieces = (bytes([byte]) for byte in json.dumps(event()).encode())

    response = visitor.client.post(f"{visitor.path}/feedback", content=pieces, headers=JSON)

    assert ok(response)["accepted"] == 1


REFUSED_PROFILES = {
    "unknown name": b'{"attributes": {"shoe_size": 43}}',
    "empty name": b'{"attributes": {"": 1}}',
    "surrogate name": b'{"attributes": {"\\ud800": 1}}',
    "surrogate": b'{"attributes": {"city": "\\ud800"}}',
    "surrogate in a list": b'{"attributes": {"city": ["\\udfff"]}}',
    "NaN": b'{"attributes": {"age": NaN}}',
    "Infinity": b'{"attributes": {"age": Infinity}}',
    "1e999": b'{"attributes": {"age": 1e999}}',
    "401 digits": b'{"attributes": {"age": 1%s}}' % (b"0" * 400),
    "401 digits for a category": b'{"attributes": {"city": 1%s}}' % (b"0" * 400),
    "5001 digits": b'{"attributes": {"age": 1%s}}' % (b"0" * 5000),
    "deep": b'{"attributes": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "list": b"[]",
    "text": b'"Rome"',
    "null": b"null",
    "nothing": b"",
    "null attributes": b'{"attributes": null}',
    "misspelt": b'{"atributes": {"age": 30}}',
}


@pytest.mark.parametrize("body", REFUSED_PROFILES.values(), ids=REFUSED_PROFILES)
def test_a_bad_profile(known: Visitor, body: bytes):
    response = known.client.put(known.path, content=body, headers=JSON)

    assert_some_problem(response)
    assert response.status_code in (400, 422)


@pytest.mark.parametrize("digits", [19, 20, 31, 300])
def test_a_huge_number_is_kept_as_near_as_may_be(visitor: Visitor, digits: int):
    number = 10 ** (digits - 1)

    put = ok(visitor.put({"age": number}), 201)

    assert put["attributes"]["age"] == pytest.approx(number)
    assert visitor.stored()["attributes"] == put["attributes"]
    assert len(visitor.recommended()) == 20


REFUSED_IDS = {
    "129 characters": "x" * 129,
    "NUL": "%00",
    "newline": "a%0Ab",
    "escape": "%1B%5B31m",
    "delete": "%7F",
    "zero-width space": "a%E2%80%8Bb",
    "right-to-left override": "%E2%80%AEabc",
    "not UTF-8": "%FF%FE",
    "UTF-8 of a surrogate": "%ED%A0%80",
    "overlong slash": "%C0%AF",
    "dot": "%2E",
    "two dots": "%2E%2E",
}


@pytest.mark.parametrize("user_id", REFUSED_IDS.values(), ids=REFUSED_IDS)
def test_an_odd_id_in_a_path(client: httpx.Client, user_id: str):
    user = f"/users/{user_id}"
    for response in (
        client.put(user, json={"attributes": {"age": 1}}),
        client.get(user),
        client.delete(user),
        client.post(f"{user}/feedback", json=event()),
        client.get(f"{user}/feedback"),
        client.delete(f"{user}/feedback/1"),
        client.delete(f"/users/someone/feedback/{user_id}"),
        client.get(f"{user}/recommendations"),
        client.get(f"/onboarding/items?user_id={user_id}"),
        client.get(f"/items/{user_id}"),
    ):
        assert_problem(response, 422, "invalid_parameter")


@pytest.mark.parametrize("user_id", ["a%2Fb", "%2F", "%2F%2F", "a%2fb%2Fc%2fd"])
def test_an_id_with_a_slash_in_a_path(client: httpx.Client, user_id: str):
    for response in (
        client.put(f"/users/{user_id}", json={"attributes": {"age": 1}}),
        client.post(f"/users/{user_id}/feedback", json=event()),
        client.get(f"/users/{user_id}/recommendations"),
        client.get(f"/items/{user_id}"),
    ):
        assert_problem(response, 422, "invalid_parameter")


def test_an_id_that_reads_as_a_path_reaches_nobody_else(known: Visitor):
    """What a server would send for a user who calls himself that."""
    user_id = quote(f"{known.user_id}/feedback/0", safe="")

    assert_problem(known.client.delete(f"/users/{user_id}"), 422, "invalid_parameter")


def test_two_dots_as_they_stand_in_a_path(client: httpx.Client):
    """Clients take them out before they send, so no user is named at all."""
    for path in ("/users/../feedback", "/users/x/../../token"):
        assert_problem(client.get(path), 404, "not_found")
    # What is left of this one takes a body, and names no user either.
    assert_problem(client.get("/users/x/../../recommendations"), 405, "method_not_allowed")


ODD_IDS = {
    "one letter": "u",
    "128 letters": "x" * 128,
    "spaces": " a  b ",
    "emoji": "\U0001f600",
    "128 emoji": "\U0001f680" * 128,
    "quotes": """it's "quoted" `so`""",
    "backslash": "a\\b\\u0000",
    "dots inside": "..a..b",
    "three dots": "...",
    "percent": "100%",
    "percent-encoded percent": "a%2Fb%00",
    "question mark and hash": "a?b#c&d=e",
    "plus": "a+b",
    "colon and star": "melu:user:*",
    "braces": "{user}[0]",
    "Greek, Arabic, Chinese": "Ωμέγα عمر 東京",
    "combining": "e\u0301",
    "path words": "recommendations",
    "Lua": "'] redis.call('FLUSHALL') --",
    "markup": "<script>alert(1)<;script>",
}


@pytest.mark.parametrize("word", ODD_IDS.values(), ids=ODD_IDS)
def test_a_valid_odd_id_works_from_end_to_end(client: httpx.Client, word: str):
    odd = Visitor(client, word)
    ok(odd.put({"city": "Rome"}), 201)
    assert ok(odd.post(event() | {"event_id": word}))["user_id"] == word

    assert odd.stored()["user_id"] == word
    assert odd.recommendations()["user_id"] == word
    assert odd.recommendations()["strategy"] == "adapted"
    assert odd.ratings() == {"1": 3}
    assert "1" not in {item["item_id"] for item in odd.onboarding(limit=200)}
    assert client.delete(f"{odd.path}/feedback/1").status_code == 204
    assert client.delete(odd.path).status_code == 204
    assert client.get(odd.path).status_code == 404


def test_ids_that_look_alike_are_different_users(client: httpx.Client):
    words = ("look", "Look", "look ", "l\u043eok", "look%20", "e\u0301look", "\u00e9look")
    for rating, word in enumerate(words):
        Visitor(client, word).rate({0: 1 + rating % 5, rating + 1: 5})

    found = [Visitor(client, word).ratings() for word in words]

    assert found == [{"0": 1 + rating % 5, str(rating + 1): 5} for rating in range(len(words))]
