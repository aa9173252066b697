"""One line in the log for each request."""

import asyncio
import logging
import secrets
from hashlib import blake2b
from time import time
from typing import Literal

from asgi_correlation_id import correlation_id
from starlette.types import Scope

from app.logs.format import render_line, told_request_id
from app.logs.output import OUTPUT

logger = logging.getLogger("melu.requests")

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_WRITE_SECONDS = 0.1


class RequestLog:
    """Logs what was asked, and how it was answered.

    A line has the route's template rather than the path, and the user's id as a salted hash. It
    never has a body of a request or an answer.

    Lines of one tenth of a second are written together, and past the logging handlers: to log each
    by itself would take a third of the time of a request that is answered from memory.

    Args:
        salt: Hashes users' ids; None draws a random one, so that no hash leads to its user.
        style: `text` or `json`.
    """

    def __init__(self, salt: str | None, style: Literal["text", "json"]) -> None:
        self._as_json = style == "json"
        self._lines: list[str] = []
        self._salt = blake2b((salt or secrets.token_hex(32)).encode()).digest()

    def note(self, scope: Scope, status: int, seconds: float, trace_id: str | None = None) -> None:
        """Log a request, if the level of the log lets it through.

        Args:
            scope: The request; routing has left its marks.
            status: The answer's.
            seconds: Until it was sent.
            trace_id: Of its trace; None if there is none.
        """
        if not logger.isEnabledFor(logging.INFO):
            return
        # No route where none was reached: access was refused, or there is none.
        route = getattr(scope.get("route"), "path", None)
        user_id = scope.get("path_params", {}).get("user_id") or scope.get("token_user")
        level = "DEBUG" if route in PROBES and status < 400 else "INFO"
        if level == "DEBUG" and not logger.isEnabledFor(logging.DEBUG):
            return
        fields = {
            "request_id": told_request_id(correlation_id.get()),
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 2),
            "user": self._pseudonym(user_id) if user_id else None,
        }
        if trace_id is not None:
            fields["trace_id"] = trace_id
        if not self._lines:
            asyncio.get_running_loop().call_later(_WRITE_SECONDS, self.write)
        self._lines.append(render_line(time(), level, "request", fields, as_json=self._as_json))

    def write(self) -> None:
        """Write the lines that wait."""
        if self._lines:
            lines, self._lines = self._lines, []
            OUTPUT.write("\n".join(lines))

    def _pseudonym(self, user_id: str) -> str:
        # A path may hold what is no id, and so no text either.
        text = user_id.encode(errors="surrogatepass")
        return blake2b(text, key=self._salt, digest_size=8).hexdigest()
