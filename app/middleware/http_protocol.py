"""HTTP/1.1 as uvicorn speaks it, with a bound on what comes before a body.

What can't be parsed, and a head that is too long, are answered like any other problem.
"""

import logging
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.problems import BadRequest, HeadersTooLarge, Problem, problem_response

MAX_HEAD_BYTES = 64 * 1024
"""For the request line and all headers of a request; one that comes in one piece may be larger."""

logger = logging.getLogger("uvicorn.error")


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection that sends no HTTP, or headers without end.

    The parser has a bound on the request line alone, and would gather all headers.
    """

    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Take bytes; answer 431 if a request's head has become too long."""
        super().data_received(data)
        if not self._is_in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            logger.warning("Closing a connection: the head of a request is over the limit")
            self._answer_and_close(
                HeadersTooLarge(f"The request line and headers are over {MAX_HEAD_BYTES:,} bytes.")
            )

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that a head ended."""
        self._is_in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be parsed.

        Args:
            msg: What the parser says.
        """
        self._answer_and_close(
            BadRequest(f"{msg} Its first line and headers have to be HTTP/1.1, and below 64 kB.")
        )

    def _answer_and_close(self, problem: Problem) -> None:
        response = problem_response(problem)
        response.headers["X-Request-ID"] = uuid4().hex
        response.headers["Connection"] = "close"
        head = [b"HTTP/1.1 %d %b" % (problem.status, problem.title.encode())]
        head += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()
