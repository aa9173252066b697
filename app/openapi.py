"""The OpenAPI description, made whole: what holds for every path is written here once."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.access.policy import is_open
from app.problems import (
    MEDIA_TYPE,
    InvalidBody,
    InvalidParameter,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    problem_responses,
)

TAGS = [
    {"name": "users", "description": "Profiles, and their erasure."},
    {"name": "feedback", "description": "The support set: ratings and actions."},
    {"name": "recommendations", "description": "The user's own ranking."},
    {"name": "onboarding", "description": "What to ask a new user."},
    {"name": "items", "description": "The catalogue."},
    {"name": "operations", "description": "Health, metrics, and the model."},
]
_HEADERS = {
    "X-Request-ID": {
        "description": "The request's own id if it brought one, else a new one.",
        "schema": {"type": "string"},
    }
}
_METHODS = ("get", "put", "post", "delete")

Json = dict[str, Any]


def name_operation(route: APIRoute) -> str:
    """Name an operation as its function is named, so that generated clients read well.

    Args:
        route: The operation's route.

    Returns:
        Its operationId.
    """
    return route.name


def describe(app: FastAPI) -> Json:
    """Return the OpenAPI description of an application.

    Args:
        app: The application, with all its routes.

    Returns:
        The document; the same one every time.
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=TAGS,
        )
        for path in document["paths"].values():
            for method in _METHODS:
                if method in path:
                    _complete(path[method])
        for left_over in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(left_over, None)
        app.openapi_schema = document
    return app.openapi_schema


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


def _complete(operation: Json) -> None:
    """Add what every operation of its kind may answer."""
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]  # the framework's own, which never is sent
    if "requestBody" in operation:
        _add(responses, InvalidBody, PayloadTooLarge, UnsupportedMediaType)
    if operation.get("parameters"):
        _add(responses, InvalidParameter)
    content = responses["default"].pop("content")
    responses["default"]["content"] = {MEDIA_TYPE: content.popitem()[1]}
    for response in responses.values():
        response.setdefault("headers", {}).update(_HEADERS)


def _add(responses: Json, *problems: type[Problem]) -> None:
    for status, described in problem_responses(*problems).items():
        entry = responses.setdefault(str(status), described)
        for problem in problems:
            word = f"`{problem.code}`"
            if problem.status == status and word not in entry["description"]:
                entry["description"] += f", {word}"
