"""Log lines as key=value pairs or as JSON."""

import logging
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from asgi_correlation_id import correlation_id

_PLAIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/{}+")


class StructuredFormatter(logging.Formatter):
    """Renders records; those of requests have their `fields`.

    While a request is answered, an exception is told by its type and where it was raised, without
    its message: messages quote what they failed on, and that may be what a user told us.

    Args:
        style: `text` or `json`.
    """

    def __init__(self, style: Literal["text", "json"]) -> None:
        super().__init__()
        self._is_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Render a record as one line; in text, tracebacks follow on lines of their own."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = getattr(record, "fields", {})
        trace = _trace(record.exc_info[1]) if record.exc_info and record.exc_info[1] else None
        if self._is_json:
            line: dict[str, Any] = {
                "time": time,
                "level": record.levelname.lower(),
                "message": record.getMessage(),
                **fields,
            }
            if trace is not None:
                line["exception"] = trace
            return orjson.dumps(line, default=str).decode()
        pairs = "".join(f" {name}={_shown(value)}" for name, value in fields.items())
        text = f"{time} {record.levelname:<7} {record.getMessage()}{pairs}"
        return text if trace is None else f"{text}\n{trace}"


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text if _PLAIN.issuperset(text) else orjson.dumps(text).decode()


def _trace(error: BaseException) -> str:
    if correlation_id.get() is None:
        return "".join(traceback.format_exception(error)).rstrip()
    told: list[str] = []
    current: BaseException | None = error
    while current is not None and len(told) < 10:  # causes may form a circle
        frames = "".join(traceback.format_tb(current.__traceback__)).rstrip()
        told.insert(0, f"{type(current).__module__}.{type(current).__qualname__}\n{frames}")
        current = current.__cause__ or current.__context__
    return "\nthen: ".join(told)
