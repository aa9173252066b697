"""Log lines as key=value pairs or as JSON."""

import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

import orjson
from asgi_correlation_id import correlation_id

_PLAIN = re.compile(r"[0-9A-Za-z\-_.:/{}+]*")


def render_line(
    created: float, level: str, message: str, fields: Mapping[str, object], *, as_json: bool
) -> str:
    """Render one line.

    Args:
        created: Seconds since the epoch.
        level: Such as `INFO`.
        message: What happened.
        fields: More about it.
        as_json: An object, rather than text with key=value pairs.

    Returns:
        The line, without its end.
    """
    time = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
    if as_json:
        line = {"time": time, "level": level.lower(), "message": message, **fields}
        return orjson.dumps(line, default=str).decode()
    pairs = "".join([f" {name}={_shown(value)}" for name, value in fields.items()])
    return f"{time} {level:<7} {message}{pairs}"


def told_request_id(text: str | None) -> str | None:
    """Return what a log tells of a request's id: of one that looks like a path, a digest of it.

    Callers put into it what they have at hand, and a path names users.
    """
    if text is None or "/" not in text:
        return text
    return f"blake2b-{blake2b(text.encode(), digest_size=8).hexdigest()}"


class StructuredFormatter(logging.Formatter):
    """Renders log records.

    While a request is answered, an exception is shown by its type and where it was raised, without
    its message: messages quote what they failed on, and that may be personal.

    Args:
        style: `text` or `json`.
    """

    def __init__(self, style: Literal["text", "json"]) -> None:
        super().__init__()
        self._as_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Render a record as one line; in text, tracebacks follow on lines of their own."""
        error = record.exc_info[1] if record.exc_info else None
        trace = None if error is None else _trace(error)
        line = render_line(
            record.created,
            record.levelname,
            record.getMessage(),
            {"exception": trace} if trace is not None and self._as_json else {},
            as_json=self._as_json,
        )
        return line if trace is None or self._as_json else f"{line}\n{trace}"


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text if _PLAIN.fullmatch(text) else orjson.dumps(text).decode()


def _trace(error: BaseException) -> str:
    if correlation_id.get() is None:
        return "".join(traceback.format_exception(error)).rstrip()
    shown: list[str] = []
    current: BaseException | None = error
    while current is not None and len(shown) < 10:  # causes may form a circle
        frames = "".join(traceback.format_tb(current.__traceback__)).rstrip()
        shown.insert(0, f"{type(current).__module__}.{type(current).__qualname__}\n{frames}")
        current = current.__cause__ or current.__context__
    return "\nthen: ".join(shown)
