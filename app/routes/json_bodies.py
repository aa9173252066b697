"""Routes that take a JSON body."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from app.problems import Fault, InvalidBody

_SHOWN = 100


class _NamedTwiceError(HTTPException):
    """An object of a body has one name twice."""

    def __init__(self, name: str) -> None:
        super().__init__(422, f"an object has the name {name[:_SHOWN]!r} more than once")


class _NamedOnceRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 - JSON
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), object_pairs_hook=_named_once)
        return self._json


class NamedOnceRoute(APIRoute):
    """A route that refuses a body with one name twice in an object: no answer would be right."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles requests."""
        handle = super().get_route_handler()

        async def handle_named_once(request: Request) -> Response:
            try:
                return await handle(_NamedOnceRequest(request.scope, request.receive))
            except _NamedTwiceError as error:
                fault = Fault(loc=["body"], message=error.detail)
                raise InvalidBody(f"body: {error.detail}", errors=[fault]) from None

        return handle_named_once


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NamedTwiceError(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return found
