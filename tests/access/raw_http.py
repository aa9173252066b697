"""HTTP as bytes, to be sent in any pieces."""

import json
import socket
import time

EVENT = json.dumps({"item_id": "5", "rating": 5}).encode()

HOST = b"Host: localhost\r\n"

LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def talk(port: int, *pieces: bytes, pause: float = 0.0, seconds: float = 10.0) -> bytes:
    """Send pieces one by one; return all that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while part := connection.recv(65536):
                received += part
        except ConnectionError:
            pass
        return received


def answers(received: bytes) -> list[tuple[int, bytes]]:
    """Part what came back into statuses and bodies; fail if it is no row of whole answers."""
    found = []
    while received:
        head, there, received = received.partition(b"\r\n\r\n")
        assert there, head
        status = int(head.split(b" ", 2)[1])
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        length = int(headers[b"content-length"])
        assert len(received) >= length, received
        found.append((status, received[:length]))
        received = received[length:]
    return found


def statuses(received: bytes) -> list[int]:
    return [status for status, _ in answers(received)]


def post(path: str, *headers: bytes, chunked: bool, body: bytes = EVENT) -> tuple[bytes, bytes]:
    """A request's head and its body as it is framed."""
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    lines = [b"POST %b HTTP/1.1" % path.encode(), b"Host: localhost", framing, *headers]
    head = b"\r\n".join([*lines, b"Content-Type: application/json", b"", b""])
    return head, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
