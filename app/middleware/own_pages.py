"""Without keys, answer our own pages and programs alone.

A name that a stranger's page was loaded from can be made to point here (DNS rebinding); what its
scripts then ask for goes to the right address with the wrong `Host`. And any page may send a form
or a plain request to an address that it can't read from.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import Forbidden, MisdirectedRequest, Problem, problem_response

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_KNOWN = 100
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OwnPagesMiddleware:
    """ASGI middleware that refuses names that are not ours, and writes from other sites.

    Args:
        app: What comes after.
        hosts: Names and addresses of this service beside those of this machine; None where it can't
            know them, so that any will do.
        origins: Other sites whose pages may write, as CORS allows them.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, origins: Collection[str]
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else _LOOPBACK | {one.lower() for one in hosts}
        self._origins = frozenset(origins)
        self._known_hosts: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._is_usual(scope):
            problem = self._refusal(scope["method"], scope["headers"])
            if problem is not None:
                await problem_response(problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_usual(self, scope: Scope) -> bool:
        """Tell of a read by a name that was found to be ours; most requests are such."""
        if scope["method"] not in _READING:
            return False
        for name, value in scope["headers"]:
            if name == b"host":
                return value in self._known_hosts
        return False

    def _refusal(self, method: str, headers: list[tuple[bytes, bytes]]) -> Problem | None:
        host = origin = site = ""
        for name, value in headers:
            if name == b"host":
                host = value.decode("latin-1")
            elif name == b"origin":
                origin = value.decode("latin-1")
            elif name == b"sec-fetch-site":
                site = value.decode("latin-1")
        if self._hosts is not None and host and _name_of(f"//{host}") not in self._hosts:
            return MisdirectedRequest(
                "This service does not go by the name in the Host header; MELU_ALLOWED_HOSTS can "
                "name more."
            )
        if len(self._known_hosts) < _MOST_KNOWN:
            self._known_hosts.add(host.encode("latin-1"))
        if method in _READING or origin in self._origins:
            return None
        is_ours = _name_of(origin) == _name_of(f"//{host}")
        if (origin and not is_ours) or (not origin and site == "cross-site"):
            return Forbidden(
                "Pages of other sites may not write here; MELU_CORS_ORIGINS names those that may."
            )
        return None


def _name_of(url: str) -> str:
    """Return a URL's host without its port, in small letters; empty if there is none."""
    try:
        return (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""
