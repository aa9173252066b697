"""Bytes that nobody asked for: they are bounded, and never another request."""

import json
import random
import socket
from pathlib import Path

import httpx
import pytest

from app.server.http_protocol import MAX_HEAD_BYTES
from tests.access.credentials import KEY
from tests.access.raw_http import EVENT, HOST, LAST, answers, post, statuses, talk
from tests.running import Service
from tests.service.visitors import ok

UPGRADES = ["h2c", "websocket", "TLS/1.0", "h2c, websocket"]


def upgrade(name: str) -> list[bytes]:
    offered = b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"
    return [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: " + name.encode(), offered]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("name", UPGRADES)
@pytest.mark.parametrize("pause", [0.0, 0.1], ids=["at once", "in two"])
def test_an_upgrade_that_is_not_taken_is_ignored(
    service: Service, user: str, name: str, chunked: bool, pause: float
):
    path = f"/users/{abs(hash(user))}/feedback"
    head, body = post(path, *upgrade(name), chunked=chunked)

    first, last = answers(talk(service.port, head, body, LAST, pause=pause))

    assert first[0] == last[0] == 200
    assert json.loads(first[1])["accepted"] == 1
    assert len(ok(httpx.get(service.url + path))["items"]) == 1


@pytest.mark.parametrize("name", UPGRADES)
def test_an_upgrade_without_a_body_is_ignored_too(service: Service, name: str):
    head = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n".join(upgrade(name)) + b"\r\n\r\n"

    assert statuses(talk(service.port, head, LAST, pause=0.05)) == [200, 200]
    assert statuses(talk(service.port, head + head + LAST)) == [200, 200, 200]


def test_bytes_of_a_body_are_never_the_next_request(service: Service):
    user = "nobody-was-smuggled"
    inside = b"PUT /users/%b HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n" % user.encode()
    inside += b'{"attributes":{}}'
    for name in UPGRADES:
        for chunked in (False, True):
            head, body = post("/users/a/feedback", *upgrade(name), chunked=chunked, body=inside)
            found = statuses(talk(service.port, head, body, LAST, pause=0.05))
            assert found[0] in (400, 422)
            assert found[1:] in ([200], [])
    assert httpx.get(f"{service.url}/users/{user}").status_code == 404


def test_trailers_are_no_headers(guarded: Service):
    body = b"%x\r\n%b\r\n0\r\n" % (len(EVENT), EVENT)
    head, _ = post("/users/a/feedback", chunked=True)
    trailer = b"Authorization: Bearer %b\r\n\r\n" % KEY.encode()

    assert statuses(talk(guarded.port, head, body + trailer, LAST)) == [401, 200]


def send(connection: socket.socket, begin: bytes, piece: bytes) -> None:
    """Send far more than all buffers take."""
    connection.sendall(begin)
    for _ in range(300_000_000 // len(piece)):
        connection.sendall(piece)


def memory_of(service: Service) -> int:
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if "VmRSS" in line).split()[1]) * 1024


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"0\r\n", b"X-Many: x\r\n" * 4_000),
        (b"0\r\nX-Long: ", b"x" * 60_000),
        (b"1;", b"x" * 60_000),
        (b"0" * 100, b"0" * 60_000),
        (b"1\r\nx\r\n" * 10, b"1\r\nx\r\n" * 10_000),
    ],
    ids=["many trailers", "a long one", "a chunk's extension", "a chunk's size", "small chunks"],
)
def test_what_comes_with_a_body_is_bounded(guarded: Service, begin: bytes, piece: bytes):
    head, _ = post("/users/a/feedback", chunked=True)
    before = memory_of(guarded)

    with (
        socket.create_connection(("127.0.0.1", guarded.port), timeout=10) as connection,
        pytest.raises(OSError, match=r"reset|Broken"),
    ):
        send(connection, head + begin, piece)

    assert memory_of(guarded) - before < 20_000_000
    assert httpx.get(f"{guarded.url}/healthz").status_code == 200


def test_requests_ahead_of_their_answers_are_bounded(service: Service):
    before = memory_of(service)
    head, body = post("/users/a/feedback", chunked=False)

    found = talk(service.port, *[(head + body) * 500] * 40)

    assert statuses(found)[-1] == 400
    assert memory_of(service) - before < 20_000_000


def test_a_head_that_can_not_be_read_does_not_take_the_answer_before_it(service: Service):
    head, body = post("/users/before-a-long-head/feedback", chunked=False)
    for behind in (
        b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * (MAX_HEAD_BYTES + 400_000),
        b"no HTTP at all\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
    ):
        found = answers(talk(service.port, head + body + behind))
        assert [status for status, _ in found] in ([200, 431], [200, 400])
        assert json.loads(found[0][1])["user_id"] == "before-a-long-head"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ],
)
def test_http_is_what_it_says(service: Service, head: bytes, status: int):
    assert statuses(talk(service.port, head))[0] == status


def test_a_request_may_be_split_at_every_byte(service: Service):
    for name in ("", "h2c"):
        head, body = post("/users/split/feedback", *(upgrade(name) if name else []), chunked=True)
        whole = head + body + LAST
        for at in range(1, len(whole), 7):
            assert statuses(talk(service.port, whole[:at], whole[at:])) == [200, 200], at
        assert statuses(talk(service.port, *(bytes([one]) for one in whole))) == [200, 200]


def test_random_connections_get_an_answer_a_request(service: Service):
    draw = random.Random(7)
    before = memory_of(service)
    for number in range(150):
        requests, expected = [], []
        for _ in range(draw.randint(1, 4)):
            offered = upgrade(draw.choice(UPGRADES)) if draw.random() < 0.5 else []
            spaces = [b"X-Spaces:" + b" " * draw.randint(0, 5) + b"x" + b" " * draw.randint(0, 5)]
            if draw.random() < 0.3:
                requests.append(
                    b"GET /healthz HTTP/1.1\r\n"
                    + HOST
                    + b"".join(one + b"\r\n" for one in [*offered, *spaces])
                    + b"\r\n"
                )
            else:
                head, body = post(
                    f"/users/random-{number}/feedback",
                    *offered,
                    *spaces,
                    chunked=draw.random() < 0.5,
                )
                if body.endswith(b"0\r\n\r\n") and draw.random() < 0.5:
                    body = body[:-2] + b"X-Trailer: 1\r\nHost: b\r\n\r\n"
                requests.append(head + body)
            expected.append(200)
        whole = b"".join(requests) + LAST
        cuts = sorted(draw.randrange(len(whole)) for _ in range(draw.randint(0, 5)))
        pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
        assert statuses(talk(service.port, *pieces)) == [*expected, 200], whole
    assert memory_of(service) - before < 20_000_000
