"""The OpenAPI description as it goes over the wire."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from fastapi import FastAPI

from app.page_files import PageFile


class ServedDescription:
    """Has the description written, on a thread, once for all who ask for it.

    To put it together takes a tenth of a second, and anybody may ask; the event loop is not to wait
    for it, whenever another model or catalogue calls for other examples.

    Args:
        app: The application that it describes.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lock = asyncio.Lock()
        self._document: dict[str, Any] | None = None
        self._file = PageFile(b"", "")

    async def file(self) -> PageFile:
        """Return the description as it is now."""
        async with self._lock:
            return await asyncio.to_thread(self._written)

    def _written(self) -> PageFile:
        document = self._app.openapi()  # the same one until it has to be another
        if document is not self._document:
            self._file = PageFile(orjson.dumps(document), "application/json")
            self._document = document
        return self._file
