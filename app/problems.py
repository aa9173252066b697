"""Problems: the errors that clients see, as `application/problem+json` (RFC 9457)."""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

_NOT_JSON = "the body is not valid JSON"

logger = logging.getLogger("uvicorn.error")

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One fault of a request."""

    loc: list[str | int] = Field(description="Where, such as `body`, `events`, 3, `rating`.")
    message: str


class ProblemBody(BaseModel):
    """The body of every error."""

    type: str = Field(description="A URI reference that names the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, and the remedy.")
    code: str = Field(description="A stable word for programs.")
    errors: list[Fault] | None = None


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An error that a client sees; its subclasses fix status, code and title."""

    status = 500
    code = "internal_error"
    title = "Internal error"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after


class Unauthorised(Problem):
    """A request comes without a credential, or with one that is no good."""

    status, code, title = 401, "unauthorised", "Unauthorised"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """A credential is good, but not for this."""

    status, code, title = 403, "forbidden", "Forbidden"


class RateLimited(Problem):
    """A caller asks more often than it may."""

    status, code, title = 429, "rate_limited", "Rate limited"


class BadRequest(Problem):
    """What came is no HTTP."""

    status, code, title = 400, "bad_request", "Bad request"


class MethodNotAllowed(Problem):
    """A path does not have a method."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class HeadersTooLarge(Problem):
    """The head of a request is over the limit."""

    status, code, title = 431, "headers_too_large", "Request header fields too large"


class UnsupportedMediaType(Problem):
    """A body is of a kind, or in a coding, that no path takes."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class UnknownUser(Problem):
    """Nothing is stored for a user."""

    status, code, title = 404, "unknown_user", "Unknown user"


class UnknownItem(Problem):
    """A path names an item that does not exist."""

    status, code, title = 404, "unknown_item", "Unknown item"


class UnknownItemInBody(UnknownItem):
    """A body names an item that does not exist."""

    status = 422


class UnknownFeedback(Problem):
    """There is no feedback of this user on this item."""

    status, code, title = 404, "unknown_feedback", "Unknown feedback"


class RatingOutOfRange(Problem):
    """A rating is outside the data set's scale."""

    status, code, title = 422, "rating_out_of_range", "Rating out of range"


class UnknownAttribute(Problem):
    """An attribute is named that the data set does not have."""

    status, code, title = 422, "unknown_attribute", "Unknown attribute"


class InvalidAttribute(Problem):
    """An attribute's value does not fit its kind."""

    status, code, title = 422, "invalid_attribute", "Invalid attribute"


class InvalidFilter(Problem):
    """A filter is not of the form `name:value`."""

    status, code, title = 422, "invalid_filter", "Invalid filter"


class InvalidBody(Problem):
    """A body or parameter fails validation."""

    status, code, title = 422, "invalid_body", "Invalid request"


class SameUser(Problem):
    """A user is to be merged with itself."""

    status, code, title = 422, "same_user", "Same user"


class InvalidParameter(InvalidBody):
    """A path, query or header parameter fails validation."""

    code = "invalid_parameter"


class InvalidCursor(Problem):
    """A cursor was not given out for this request."""

    status, code, title = 400, "invalid_cursor", "Invalid cursor"


class InvalidBundle(Problem):
    """A bundle can't be used."""

    status, code, title = 422, "invalid_bundle", "Invalid bundle"


class PayloadTooLarge(Problem):
    """A request body is over the limit."""

    status, code, title = 413, "payload_too_large", "Payload too large"


class UriTooLong(Problem):
    """A path with its query string is over the limit."""

    status, code, title = 414, "uri_too_long", "URI too long"


class StoreUnavailable(Problem):
    """The store can't be reached or can't write."""

    status, code, title = 503, "store_unavailable", "Store unavailable"


class ModelUnavailable(Problem):
    """No bundle could be loaded."""

    status, code, title = 503, "model_unavailable", "Model unavailable"


class Overloaded(Problem):
    """More computations wait than may."""

    status, code, title = 503, "overloaded", "Overloaded"


def problem_response(problem: Problem) -> Response:
    """Render a problem."""
    body: dict[str, Any] = {
        "type": f"urn:melu:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = [fault.model_dump() for fault in problem.errors]
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)


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
    if error.errors()[0]["loc"][0] == "body":
        unsupported = _unsupported_media(request)
        if unsupported is not None:
            return unsupported
    faults = [
        Fault(loc=["body"], message=_NOT_JSON)
        if fault["type"] == "json_invalid"
        else Fault(loc=list(fault["loc"]), message=fault["msg"].removeprefix("Value error, "))
        for fault in error.errors()
    ]
    first = faults[0]
    where = ".".join(str(part) for part in first.loc)
    kind = InvalidBody if first.loc[0] == "body" else InvalidParameter
    return problem_response(kind(f"{where}: {first.message}", errors=faults))


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
    logger.error("Answering 500 to the request with X-Request-ID %s", request_id)
    response = problem_response(
        Problem("Something went wrong on our side; the log has it under this X-Request-ID.")
    )
    response.headers["X-Request-ID"] = request_id
    return response


def problem_responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Describe problems for the OpenAPI document.

    Args:
        *problems: What a route may answer with.

    Returns:
        The `responses` argument of a route.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        entry = described.setdefault(
            problem.status,
            {"description": "", "content": {MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}}},
        )
        known = entry["description"]
        entry["description"] = f"{known}, `{problem.code}`" if known else f"`{problem.code}`"
    return described


_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemBody"}
