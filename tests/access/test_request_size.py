import socket

import httpx
import pytest

from app.middleware.url_check import MAX_URL_BYTES
from app.server.http_protocol import MAX_HEAD_BYTES
from tests.access.credentials import KEY, bearer
from tests.running import Service
from tests.service.visitors import assert_problem


def test_a_url_with_as_many_ids_as_may_be_excluded_is_short_enough(client: httpx.Client):
    ids = [f"{number:036}" for number in range(500)]

    answer = client.get("/onboarding/items", params={"exclude": ids}, headers=bearer(KEY))

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/items?query=", "/users/"])
def test_a_url_that_is_too_long_is_refused_to_anybody(client: httpx.Client, path: str):
    for headers in ({}, bearer(KEY)):
        answer = client.get(path + "x" * MAX_URL_BYTES, headers=headers)
        assert_problem(answer, 414, "uri_too_long")


def test_many_headers_of_a_good_size_are_no_trouble(client: httpx.Client):
    headers = {f"X-Header-{number}": "x" * 300 for number in range(100)}

    assert client.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /", b"x" * 4096),
        (b"GET / HTTP/1.1\r\nX-Long: ", b"x" * 4096),
        (b"GET / HTTP/1.1\r\n", b"X-Many: x\r\n" * 400),
    ],
    ids=["the path", "a header", "more and more headers"],
)
def test_a_head_without_end_is_cut_off(guarded: Service, begin: bytes, piece: bytes):
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=10) as connection:
        connection.sendall(begin)

        with pytest.raises(OSError, match=r"reset|Broken"):
            send(connection, piece, 500 * MAX_HEAD_BYTES)  # far more than all buffers take


def send(connection: socket.socket, piece: bytes, most: int) -> None:
    for _ in range(most // len(piece)):
        connection.sendall(piece)


def test_a_connection_goes_on_after_requests_of_a_good_size(guarded: Service):
    begin = b"GET /not/there HTTP/1.1\r\nHost: a\r\nX-Some: "
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=10) as connection:
        for _ in range(2 * MAX_HEAD_BYTES // 9000):
            for piece in (begin, b"x" * 9000, b"\r\n\r\n"):
                connection.sendall(piece)
            answer = b""
            while b'"code":"unauthorised"}' not in answer:
                received = connection.recv(4096)
                assert received, answer
                answer += received
        assert connection.fileno() >= 0, "closed"


@pytest.mark.parametrize(
    ("length", "statuses"),
    [
        ("0" * 5_000, {200}),
        ("0" * 5_000 + "1", {200, 400, 422}),
        ("9" * 5_000, {400, 413}),
        ("9" * 19, {400, 413}),
        ("٣", {400, 413}),
        ("²", {400, 413}),
        ("+5", {400, 413}),
        ("-5", {400, 413}),
        ("1_0", {400, 413}),
        ("0x10", {400, 413}),
        ("1e3", {400, 413}),
        ("1, 1", {400, 413}),
    ],
    ids=lambda value: value[:8] if isinstance(value, str) else "",
)
def test_a_length_that_is_no_plain_number_breaks_nothing(
    guarded: Service, length: str, statuses: set[int]
):
    head = (
        "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"x")
        received = connection.recv(4096)

    assert int(received.split(b" ", 2)[1]) in statuses, received


@pytest.mark.parametrize("digits", ["9" * 900, "1" + "0" * 900, "-" + "9" * 900, "0." + "9" * 900])
@pytest.mark.parametrize(
    "path",
    [
        "/items?limit={}",
        "/items?filter=year:{}",
        "/items?filter=year:{}..",
        "/onboarding/items?limit={}",
        "/users/ann/recommendations?limit={}",
        "/users/ann/recommendations?diversity={}",
        "/users/ann/recommendations?filter=year:..{}",
        "/users/ann/feedback?limit={}",
    ],
)
def test_a_number_of_many_digits_is_answered(client: httpx.Client, path: str, digits: str):
    answer = client.get(path.format(digits), headers=bearer(KEY))

    assert answer.status_code in (200, 422), answer.text
