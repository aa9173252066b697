"""CORS, whose refusals are problems as all others are."""

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.responses import Response

from app.problems import OriginRefused, problem_response

_KEPT = ("access-control-", "vary")


class CorsMiddleware(CORSMiddleware):
    """Starlette's, but that a preflight that it refuses is answered by a problem."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        refused = problem_response(
            OriginRefused(
                f"{bytes(response.body).decode()}: pages of that origin may not call so; "
                "MELU_CORS_ORIGINS names those that may."
            )
        )
        for name, value in response.headers.items():
            if name.startswith(_KEPT):
                refused.headers[name] = value
        return refused
