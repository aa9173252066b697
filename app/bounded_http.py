"""uvicorn's HTTP protocol with a bound on what comes before a body."""

import logging
from uuid import uuid4

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.problems import MEDIA_TYPE

MAX_HEAD_BYTES = 64 * 1024
"""For the request line and all headers of a request; one that comes in one piece may be larger."""

logger = logging.getLogger("uvicorn.error")


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection that sends headers without end; the parser would gather them all."""

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
            self.transport.write(_refusal())
            self.transport.close()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that a head ended."""
        self._is_in_head = False
        self._head_bytes = 0
        super().on_headers_complete()


def _refusal() -> bytes:
    body = orjson.dumps(
        {
            "type": "urn:melu:problem:headers_too_large",
            "title": "Headers too large",
            "status": 431,
            "detail": f"The request line and headers are over {MAX_HEAD_BYTES:,} bytes.",
            "code": "headers_too_large",
        }
    )
    head = (
        "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-ID: {uuid4().hex}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
