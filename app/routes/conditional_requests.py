"""Conditional requests (RFC 9110, section 13)."""

from fastapi import Request


def not_modified(request: Request, etag: str) -> bool:
    """Tell whether a client holds the answer already.

    Args:
        request: Its `If-None-Match` names what the client holds.
        etag: The answer's.

    Returns:
        Whether 304 says enough.
    """
    held = request.headers.get("if-none-match")
    if held is None:
        return False
    # The comparison is weak: proxies that compress an answer mark its tag with W/.
    return held.strip() == "*" or etag in (
        part.strip().removeprefix("W/") for part in held.split(",")
    )
