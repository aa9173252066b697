"""HTTP/1.1 as uvicorn speaks it, but that what is no HTTP is answered like any other problem."""

from uuid import uuid4

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.problems import BadRequest, problem_response

PROTOCOL = "app.protocol:ProblemProtocol"
"""What to pass to uvicorn as `http`."""


class ProblemProtocol(HttpToolsProtocol):
    """Answers a request that can't be parsed, such as one with a URL of 100 kB."""

    def send_400_response(self, msg: str) -> None:
        """Answer, and close.

        Args:
            msg: What the parser says.
        """
        response = problem_response(
            BadRequest(f"{msg} Its first line and headers have to be HTTP/1.1, and below 64 kB.")
        )
        response.headers["X-Request-ID"] = uuid4().hex
        response.headers["Connection"] = "close"
        self.transport.write(_raw(response))
        self.transport.close()


def _raw(response: Response) -> bytes:
    head = [b"HTTP/1.1 400 Bad Request"]
    head += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*head, b"", bytes(response.body)])
