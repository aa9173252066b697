"""Refuse request bodies over a limit before they are read."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import PayloadTooLarge, problem_response


class BodyLimitMiddleware:
    """ASGI middleware that answers 413 to a body that is, or grows, too large.

    Args:
        app: What comes after.
        max_bytes: The limit.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            await self._app(scope, receive, send)  # there is no body (RFC 9112, section 6.3)
            return
        refusal = PayloadTooLarge(f"The body is over {self._max_bytes:,} bytes; send it in parts.")
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or _is_above(declared, self._max_bytes):
            await problem_response(refusal)(scope, receive, send)
            return
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise refusal
            return message

        async def send_unless_refused(message: Message) -> None:
            # The application takes the refusal for a body that it can't read, and would say so.
            if received <= self._max_bytes:
                await send(message)

        await self._app(scope, limited_receive, send_unless_refused)
        if received > self._max_bytes:
            await problem_response(refusal)(scope, receive, send)


def _is_above(digits: bytes, limit: int) -> bool:
    """Compare a number of any length: `int` refuses one of more than 4,300 digits."""
    digits = digits.lstrip(b"0")
    return len(digits) > len(str(limit)) or int(digits or b"0") > limit
