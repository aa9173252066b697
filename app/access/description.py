"""Access in the OpenAPI description, so that /docs has a place for the credential."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from app.access.policy import is_open


def describe_access(app: FastAPI) -> None:
    """Add the bearer credential to an application's description.

    Args:
        app: The application; its description is made when it is first asked for.
    """
    describe: Callable[[], dict[str, Any]] = app.openapi

    def described() -> dict[str, Any]:
        description = describe()
        if "security" not in description:
            components = description.setdefault("components", {})
            components["securitySchemes"] = {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or a user token. Not needed where the operator "
                    "set no keys.",
                }
            }
            description["security"] = [{"bearer": []}]
            for path, calls in description["paths"].items():
                for method, call in calls.items():
                    if is_open(method.upper(), path):
                        call["security"] = []
        return description

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it
