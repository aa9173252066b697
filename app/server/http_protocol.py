"""HTTP/1.1 as uvicorn speaks it, with a bound and an end to every phase of a connection.

- The head: its bytes, and the time until it is whole.
- The body: its bytes as they come, chunk sizes and all, the time until the next of them, and the
  time until it is whole. How much of it the application takes is `BodyLimitMiddleware`'s matter.
- Trailers: dropped, for credentials were checked before they came; bounded as a head is.
- Requests that come before the first was answered: their number.
- A connection on which nothing comes, or from which nothing is taken.
- The number of connections.

An offered upgrade is not taken (RFC 9110, 7.8): the request is answered, with its body, as if it
had not been offered. What can't be answered is told like any other problem, after the answers that
are due before it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.problems import (
    BadRequest,
    HeadersTooLarge,
    Overloaded,
    PayloadTooLarge,
    Problem,
    RequestTimeout,
    problem_response,
)

MAX_HEAD_BYTES = 64 * 1024
"""For the request line and all headers of a request, and for trailers; one piece may be larger."""
LIMITS = "connection_limits"
"""Where the application's state has its `ConnectionLimits`."""

_MOST_PIPELINED = 64
_BYTES_A_BODY_BYTE = 8
"""A chunk of one byte takes six."""
_LONGEST_BODY = 10
"""Times that the silence which is allowed may pass until a body is whole."""
_RETRY_AFTER_SECONDS = 1
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class ConnectionLimits:
    """What a connection may take.

    Attributes:
        silent_seconds: How long it may say nothing where something is due.
        most: Connections of a worker.
        body_bytes: Largest body.
    """

    silent_seconds: float = 30.0
    most: int = 1_000
    body_bytes: int = 512 * 1024


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection; see the module."""

    _is_in_head = True
    _has_moved = False
    _idle_bytes = 0  # of a head, or since the last of a body: chunk sizes and trailers
    _message_bytes = 0
    _hosts = 0
    _unanswered = 0
    _refusal: Problem | None = None
    _is_retold = False
    _watch: asyncio.TimerHandle | None = None
    _heard = 0.0
    _began: float | None = None
    _to_be_taken = 0
    _taken = 0.0
    _limits = ConnectionLimits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or turn it away where there are too many."""
        super().connection_made(transport)
        self._limits = self.app_state.get(LIMITS, self._limits)
        self._heard = self._taken = self.loop.time()
        if len(self.connections) > self._limits.most:
            self._refuse(
                Overloaded(
                    "There are too many connections; close those that are not needed.",
                    retry_after=_RETRY_AFTER_SECONDS,
                )
            )
            return
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and refuse to go on where a phase of the request takes too many."""
        if self._refusal is not None:
            return
        self._heard = self.loop.time()
        self._has_moved = False
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._refusal is not None:
            return
        # What came with the last of a body, or of a head, is counted from the next piece on.
        self._idle_bytes = 0 if self._has_moved else self._idle_bytes + len(data)
        self._message_bytes += len(data)
        if self._idle_bytes > MAX_HEAD_BYTES:
            self._refuse(HeadersTooLarge(_HEAD_TOO_LARGE))
        elif (
            not self._is_in_head
            and self._message_bytes > MAX_HEAD_BYTES + _BYTES_A_BODY_BYTE * self._limits.body_bytes
        ):
            self._refuse(PayloadTooLarge(f"The body is over {self._limits.body_bytes:,} bytes."))

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                try:
                    self._go_on_without_upgrade()
                except httptools.HttpParserError:
                    self._refuse(BadRequest(_NO_HTTP))
            except httptools.HttpParserError:
                if self._refusal is None:
                    self._refuse(BadRequest(_NO_HTTP))
                return
            else:
                return
            if self._refusal is not None:
                return

    def _go_on_without_upgrade(self) -> None:
        """Read the body of a request whose upgrade is not taken.

        The parser takes what follows such a head for another protocol. Another parser that is told
        of the same framing reads it as the body that it is.
        """
        head = b"POST / HTTP/1.1\r\nHost: -\r\n"
        for name, value in self.headers:
            if name in _FRAMING:
                head += name + b": " + value + b"\r\n"
        self.parser = httptools.HttpRequestParser(self)
        self._is_retold = True
        try:
            self.parser.feed_data(head + b"\r\n")
        finally:
            self._is_retold = False

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        if self._is_retold:
            return
        self._is_in_head = True
        self._message_bytes = self._idle_bytes = self._hosts = 0
        self._began = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        if not self._is_retold:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; not what comes behind a body."""
        if self._is_retold or not self._is_in_head:
            return
        # As the parent does it; to call it too would take as long again, for each header.
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin to answer a request, if it has what HTTP asks for."""
        if self._is_retold or self._refusal is not None:
            return
        self._is_in_head = False
        self._has_moved = True
        if self.parser.get_method() == b"CONNECT":
            self._refuse(BadRequest("This is no proxy."))
            return
        version = self.parser.get_http_version()
        if self._hosts > 1 or (not self._hosts and version not in ("1.0", "0.9")):
            self._refuse(BadRequest("A request has one Host header."))
            return
        if len(self.pipeline) >= _MOST_PIPELINED:
            self._refuse(BadRequest("Too many requests came before the first was answered."))
            return
        super().on_headers_complete()
        self._unanswered += 1  # not of a URL that can't be read, which has raised by now

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._has_moved = True
        if self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        if self._refusal is not None or self.parser.should_upgrade():
            return  # of the latter the body is still to come
        self._has_moved = True
        self._is_in_head = True
        self._began = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, or to what can't be answered."""
        self._unanswered -= 1
        if self._refusal is not None and not self.pipeline:
            if not self.transport.is_closing():
                self._answer_and_close()
            return
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be parsed.

        Args:
            msg: What the parser says.
        """
        self._refuse(BadRequest(msg))

    def _refuse(self, problem: Problem) -> None:
        """Read no further; tell why once all that came before is answered."""
        if self._refusal is not None or self.transport.is_closing():
            return
        self._refusal = problem
        logger.warning("Closing a connection: %s", problem.detail)
        self.flow.pause_reading()
        broken = None if self._began is None or self._is_in_head else self.cycle
        if broken is not None and broken.more_body:
            self._give_up(broken)
        if self._unanswered <= 0 and not self.transport.is_closing():
            self._answer_and_close()

    def _give_up(self, broken: RequestResponseCycle) -> None:
        """Let a request go whose body will never be whole: the refusal is its answer."""
        if broken.response_started:
            self.transport.close()  # it has another answer
            return
        if self.pipeline and self.pipeline[0][0] is broken:
            self.pipeline.popleft()
        self._unanswered -= 1
        broken.disconnected = True
        broken.message_event.set()

    def _answer_and_close(self) -> None:
        problem = self._refusal
        assert problem is not None  # noqa: S101 - else nobody asks
        response = problem_response(problem)
        response.headers["X-Request-ID"] = uuid4().hex
        response.headers["Connection"] = "close"
        head = [b"HTTP/1.1 %d %b" % (problem.status, problem.title.encode())]
        head += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()

    def shutdown(self) -> None:
        """End in order; a body that is still to come is not waited for."""
        if self._began is not None and self.cycle is not None and self.cycle.more_body:
            self._refuse(Overloaded("The service is stopping.", retry_after=_RETRY_AFTER_SECONDS))
        super().shutdown()

    def _look_again(self) -> None:
        self._watch = self.loop.call_later(self._limits.silent_seconds / 4, self._look)

    def _look(self) -> None:
        """Close a connection on which nothing happens that should."""
        if self.transport.is_closing():
            return
        now, allowed = self.loop.time(), self._limits.silent_seconds
        waiting = self.transport.get_write_buffer_size()
        if waiting == 0 or waiting < self._to_be_taken:
            self._taken = now
        self._to_be_taken = waiting
        if now - self._taken > allowed:
            self.transport.abort()  # what it does not take can't be told either
            return
        if self._is_overdue(now, allowed):
            self._refuse(RequestTimeout("The request did not come whole in time; send it again."))
            return
        # Between two requests uvicorn counts, until anything comes, be it an empty line.
        is_idle = self._began is None and self._unanswered <= 0
        if is_idle and self.timeout_keep_alive_task is None and now - self._heard > allowed:
            self.transport.close()
            return
        self._look_again()

    def _is_overdue(self, now: float, allowed: float) -> bool:
        """Tell whether a request that began takes too long to come."""
        if self._began is None:
            return False
        if self._is_in_head:
            return now - self._began > allowed
        if self.flow.read_paused:
            self._heard = now  # it is we who let it wait
        return now - self._heard > allowed or now - self._began > _LONGEST_BODY * allowed


_HEAD_TOO_LARGE = f"The request line and headers, or trailers, are over {MAX_HEAD_BYTES:,} bytes."
_NO_HTTP = (
    "Invalid HTTP request received. Its first line and headers have to be HTTP/1.1, and below "
    "64 kB."
)
