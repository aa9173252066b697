"""What routes are given."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute

from app.access.demo_visitors import DemoVisitors
from app.access.tokens import UserTokens
from app.container import Services
from app.page_files import PageFiles
from app.problems import Fault, InvalidParameter, ModelUnavailable
from app.schemas.values import MOST_FAULTS, REPEATABLE_PARAMETERS
from app.served_description import ServedDescription
from app.services.model_state.manager import ModelManager
from app.store import UserStore
from app.store.scarcity import scarce

MODEL_RETRY_AFTER_SECONDS = 5
OPERATIONS = "operations"
"""Tag of the calls by which the service is looked after."""
_READING = frozenset({"GET", "HEAD"})


def services_of(request: Request) -> Services:
    """Return the services of the application that a request came to.

    Args:
        request: The request.

    Returns:
        The services.

    Raises:
        ModelUnavailable: If no bundle could be loaded.
    """
    services: Services | None = request.app.state.manager.services
    if services is None:
        raise ModelUnavailable(
            "No model is loaded; the operator finds the reason in the service's log.",
            retry_after=MODEL_RETRY_AFTER_SECONDS,
        )
    return services


async def check_parameter_names(request: Request) -> None:
    """Refuse a query that names twice what has one value, or anything to a call without parameters.

    Of two values none would be the right one; and who asks `DELETE` for a dry run wants none else.
    Whatever looks after the service may put what it likes behind `/healthz` and the like.

    Args:
        request: The request.

    Raises:
        InvalidParameter: If it does.
    """
    if not request.url.query:
        return
    route = request.scope.get("route")
    if (
        isinstance(route, APIRoute)
        and route.include_in_schema
        and not (request.method in _READING and OPERATIONS in route.tags)
        and not route.dependant.query_params
    ):
        raise InvalidParameter(
            "This call takes no parameters in its query.",
            errors=[
                Fault(loc=["query", name], message="there is no such parameter")
                for name in [*dict.fromkeys(request.query_params)][:MOST_FAULTS]
            ],
        )
    names = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        Fault(loc=["query", name], message="given more than once")
        for name, count in names.items()
        if count > 1 and name not in REPEATABLE_PARAMETERS
    ]
    if faults:
        raise InvalidParameter(
            f"Only {' and '.join(sorted(REPEATABLE_PARAMETERS))} may repeat in a query.",
            errors=faults,
        )


# Asynchronous though they wait for nothing: FastAPI would run them on a thread otherwise.


async def _services(request: Request) -> Services:
    return services_of(request)


async def _manager(request: Request) -> ModelManager[Services]:
    manager: ModelManager[Services] = request.app.state.manager
    return manager


async def _store(request: Request) -> UserStore:
    store: UserStore = request.app.state.store
    return store


async def _scarce(request: Request) -> list[str]:
    return scarce(request.app.state.embedded_store)


async def _store_warnings(request: Request) -> list[str]:
    warnings: list[str] = request.app.state.store_warnings
    return warnings


async def _demo_visitors(request: Request) -> DemoVisitors:
    if not request.app.state.has_demo:
        raise HTTPException(404)
    return DemoVisitors(await _tokens(request), request.app.state.rate_limits)


async def _page(request: Request) -> PageFiles:
    files: PageFiles = request.app.state.page_files
    return files


async def _description(request: Request) -> ServedDescription:
    description: ServedDescription = request.app.state.description
    return description


async def _tokens(request: Request) -> UserTokens:
    tokens: UserTokens = request.app.state.tokens
    return tokens


ServicesDep = Annotated[Services, Depends(_services)]
ManagerDep = Annotated[ModelManager[Services], Depends(_manager)]
StoreDep = Annotated[UserStore, Depends(_store)]
ScarceDep = Annotated[list[str], Depends(_scarce)]
StoreWarningsDep = Annotated[list[str], Depends(_store_warnings)]
TokensDep = Annotated[UserTokens, Depends(_tokens)]
DemoVisitorsDep = Annotated[DemoVisitors, Depends(_demo_visitors)]
DescriptionDep = Annotated[ServedDescription, Depends(_description)]
PageDep = Annotated[PageFiles, Depends(_page)]
