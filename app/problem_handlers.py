"""Every error of an application, the framework's included, answered as a problem."""

import logging
import re
from http import HTTPStatus

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.logs.format import told_request_id
from app.problems import (
    Fault,
    InvalidBody,
    InvalidParameter,
    Problem,
    UnsupportedMediaType,
    problem_response,
)
from app.schemas.values import MOST_FAULTS

_LONGEST_NAME = 100
_NOT_JSON = "the body is not valid JSON"

logger = logging.getLogger("uvicorn.error")


def install_problem_handlers(app: FastAPI) -> None:
    """Let every error of an application be answered as a problem."""
    # Handlers take the general Exception in Starlette's signature; each is registered for the
    # one type that it names.
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(Exception, _answer_unexpected)


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - narrows the type
    return problem_response(error)


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    """Tell where and what, never the value: it may be a secret, or not be valid JSON."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type
    found = error.errors()
    if found[0]["loc"][0] == "body":
        unsupported = _unsupported_media(request)
        if unsupported is not None:
            return unsupported
    faults = [
        Fault(loc=["body"], message=_NOT_JSON)
        if fault["type"] == "json_invalid"
        else Fault(
            loc=[_shortened(one) for one in fault["loc"]],
            message=fault["msg"].removeprefix("Value error, "),
        )
        for fault in found[:MOST_FAULTS]
    ]
    first = faults[0]
    where = ".".join(str(part) for part in first.loc)
    kind = InvalidBody if first.loc[0] == "body" else InvalidParameter
    return problem_response(kind(f"{where}: {first.message}", errors=faults))


def _shortened(part: str | int) -> str | int:
    """Cut the name of a field, which may be as long as a body."""
    if isinstance(part, int) or len(part) <= _LONGEST_NAME:
        return part
    return part[:_LONGEST_NAME] + "…"


def _unsupported_media(request: Request) -> Response | None:
    """Tell a client that its body could not be read because of what it is, not of what it says."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None  # there is no body
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind == "application/json" or re.fullmatch(r"application/\S+\+json", kind)):
        detail = "The body has to be JSON: send it with Content-Type: application/json."
        extra = {"Accept": "application/json"}
    elif headers.get("content-encoding", "identity").lower() != "identity":
        detail = "The body has to come uncompressed: leave Content-Encoding out."
        extra = {"Accept-Encoding": "identity"}
    else:
        return None
    response = problem_response(UnsupportedMediaType(detail))
    response.headers.update(extra)
    return response


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    """Errors of the framework itself: no such path, unreadable body."""
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # no UTF-8, or nested too deep
        fault = Fault(loc=["body"], message=_NOT_JSON)
        return _unsupported_media(request) or problem_response(
            InvalidBody(f"body: {_NOT_JSON}", errors=[fault])
        )
    problem = Problem(
        "There is no such path; /docs shows those that there are."
        if status == HTTPStatus.NOT_FOUND
        else str(error.detail)
    )
    problem.status = status.value
    problem.title = status.phrase
    problem.code = status.name.lower()
    response = problem_response(problem)
    response.headers.update(error.headers or {})
    return response


async def _answer_unexpected(_request: Request, _error: Exception) -> Response:
    """Answer from outside of all middleware; the server logs the traceback after this."""
    request_id = correlation_id.get() or ""
    told = told_request_id(request_id)
    logger.error("Answering 500 to the request with X-Request-ID %s", told)
    response = problem_response(
        Problem("Something went wrong on our side; the log has it under this X-Request-ID.")
    )
    response.headers["X-Request-ID"] = request_id
    # The server ends the connection once the error reaches it, so the client has to know.
    response.headers["Connection"] = "close"
    return response
