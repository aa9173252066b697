"""The OpenAPI description: what all paths have in common, and examples that can be sent."""

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
from app.services.api_examples import (
    ANONYMOUS_ID,
    NEW_ITEM_ID,
    USER_ID,
    ApiExamples,
    can_be_sent,
    examples_of,
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
        The document, with examples from the model that is served; the same one until another
        model is, or an item of the examples was deleted.
    """
    manager = getattr(app.state, "manager", None)
    services = None if manager is None else manager.services
    recommender = None if services is None else services.live.current.recommender
    known = getattr(app.state, "api_examples", None)
    if app.openapi_schema is None or not can_be_sent(known, recommender):
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
        examples = None if recommender is None else examples_of(recommender)
        if examples is not None:
            add_examples(document, examples)
        app.openapi_schema, app.state.api_examples = document, examples
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


def add_examples(document: Json, examples: ApiExamples) -> None:
    """Put examples into a description that can be sent as they stand.

    Args:
        document: The description.
        examples: What the service that is described knows.
    """
    first, second = examples.items[0], examples.items[-1]
    ids = [first["item_id"], second["item_id"]]
    content = {name: first[name] for name in ("title", "attributes")}
    new_item = {"item_id": NEW_ITEM_ID, **content}
    schemas = document["components"]["schemas"]
    schemas["ProfileRequest"]["properties"]["attributes"]["examples"] = [examples.profile]
    schemas["MergeRequest"]["properties"]["from_user_id"]["examples"] = [ANONYMOUS_ID]
    events: list[Json] = [
        {"item_id": ids[0], "rating": examples.rating},
        {"item_id": ids[1], "action": "like"},
    ]
    if ids[0] != ids[1]:
        events.append({"preferred": ids[0], "over": ids[1]})
    if examples.group is not None:
        events.append({"groups": {examples.group.group_id: 2}})
    told: Json = {"feedback": events, "attributes": examples.profile}
    request = schemas["RecommendationRequest"]
    candidates = {"candidates": sorted(set(ids)), "exclude_seen": False}
    request["examples"] = [told | {"limit": 10}, told | candidates]
    # What else stands here no item need have.
    request["properties"]["filter"]["examples"] = [examples.filter]
    for name, example in (
        ("FeedbackRequest", {"events": events}),
        ("ItemContent", content),
        ("BulkItem", new_item),
        ("ItemsRequest", {"items": [new_item]}),
        ("Item", first),
    ):
        schemas[name]["examples"] = [example]
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in _METHODS:
                continue
            is_change = method in ("put", "delete") and "feedback" not in operation["tags"]
            values = {
                "user_id": USER_ID,
                # What a reader tries out shall not take an item from the catalogue.
                "item_id": NEW_ITEM_ID if is_change else ids[0],
                "preferred": ids[0],
                "over": ids[1],
                "group_id": None if examples.group is None else examples.group.group_id,
                "exclude": [ids[1]],
                "filter": examples.filter or None,
                "query": first["title"][:3],
            }
            for parameter in operation.get("parameters", ()):
                value = values.get(parameter["name"])
                if value is not None:
                    parameter["example"] = value


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
