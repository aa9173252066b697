"""An HTTP proxy that passes requests on, fails as it is told to, and remembers what came."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_OF_A_CONNECTION = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    loses_answer: bool = False
    """Pass the request on, and cut the connection instead of answering."""
    delay_seconds: float = 0
    body_delay_seconds: float = 0
    """Between the headers and the body."""


@dataclass(frozen=True)
class Seen:
    """A request, and the status that it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


class FaultyProxy:
    """Stands before a service.

    Args:
        url: The service's.

    Attributes:
        faults: Of the next requests, the first one first.
        seen: Requests, in the order of their answers.
    """

    def __init__(self, url: str) -> None:
        self.faults: deque[Fault] = deque()
        self.seen: list[Seen] = []
        self._to = urlsplit(url).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                proxy._answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        fault = self.faults.popleft() if self.faults else Fault()
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        time.sleep(fault.delay_seconds)
        if fault.status:
            status, headers, content = fault.status, list(fault.headers.items()), fault.body
        else:
            status, headers, content = self._passed_on(request, body)
        told = dict(request.headers.items())
        self.seen.append(Seen(request.command, request.path, told, body, status))
        request.close_connection = True
        if fault.loses_answer:
            return
        request.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _OF_A_CONNECTION:
                request.send_header(name, value)
        if status not in (204, 304):
            request.send_header("Content-Length", str(len(content)))
        request.send_header("Connection", "close")
        try:
            request.end_headers()
            time.sleep(fault.body_delay_seconds)
            request.wfile.write(content)
        except OSError:
            pass  # the client has gone

    def _passed_on(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._to, timeout=30)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _OF_A_CONNECTION
        }
        connection.request(request.command, request.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content
