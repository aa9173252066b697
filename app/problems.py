"""Problems: the errors that clients see, as `application/problem+json` (RFC 9457).

Each with its status and its `code`:

    Problem                    500  internal_error
      BadRequest               400  bad_request
      InvalidCursor            400  invalid_cursor
      OriginRefused            400  origin_refused
      Unauthorised             401  unauthorised
      Forbidden                403  forbidden
      UnknownUser              404  unknown_user
      UnknownItem              404  unknown_item
        UnknownItemInBody      422  unknown_item
      UnknownFeedback          404  unknown_feedback
      GuideNotBuilt            404  guide_not_built
      MethodNotAllowed         405  method_not_allowed
      RequestTimeout           408  request_timeout
      PayloadTooLarge          413  payload_too_large
      UriTooLong               414  uri_too_long
      UnsupportedMediaType     415  unsupported_media_type
      MisdirectedRequest       421  misdirected_request
      RatingOutOfRange         422  rating_out_of_range
      UnknownAction            422  unknown_action
      UnknownScenario          422  unknown_scenario
      InvalidScreen            422  invalid_screen
      UnknownGroup             422  unknown_group
      InvalidComparison        422  invalid_comparison
      UnknownAttribute         422  unknown_attribute
      InvalidAttribute         422  invalid_attribute
      InvalidFilter            422  invalid_filter
      InvalidBody              422  invalid_body
        InvalidParameter       422  invalid_parameter
      SameUser                 422  same_user
      InvalidBundle            422  invalid_bundle
      RateLimited              429  rate_limited
      HeadersTooLarge          431  headers_too_large
      StoreUnavailable         503  store_unavailable
      ModelUnavailable         503  model_unavailable
      Overloaded               503  overloaded

`app.problem_handlers` turns every error of an application into one of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson
from fastapi import Response
from pydantic import BaseModel, Field

from app.metrics import PROBLEMS

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


class MisdirectedRequest(Problem):
    """A request goes by a name that is not this service's."""

    status, code, title = 421, "misdirected_request", "Misdirected request"


class RateLimited(Problem):
    """A caller asks more often than it may."""

    status, code, title = 429, "rate_limited", "Rate limited"


class BadRequest(Problem):
    """What came is no HTTP."""

    status, code, title = 400, "bad_request", "Bad request"


class MethodNotAllowed(Problem):
    """A path does not have a method."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class RequestTimeout(Problem):
    """A request does not come whole in time."""

    status, code, title = 408, "request_timeout", "Request timeout"


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


class GuideNotBuilt(Problem):
    """The pages of the guide are asked for where nobody has built them."""

    status, code, title = 404, "guide_not_built", "Guide not built"


class RatingOutOfRange(Problem):
    """A rating is outside the data set's scale."""

    status, code, title = 422, "rating_out_of_range", "Rating out of range"


class UnknownScenario(Problem):
    """A scenario that settings do not know."""

    status, code, title = 422, "unknown_scenario", "Unknown scenario"


class UnknownAction(Problem):
    """An event names an action that settings don't know."""

    status, code, title = 422, "unknown_action", "Unknown action"


class InvalidScreen(Problem):
    """What was picked was not shown, or the screens name too many items."""

    status, code, title = 422, "invalid_screen", "Invalid screen"


class UnknownGroup(Problem):
    """An event names a group that this model has not."""

    status, code, title = 422, "unknown_group", "Unknown group"


class InvalidComparison(Problem):
    """An item is compared with itself, or no group has points."""

    status, code, title = 422, "invalid_comparison", "Invalid comparison"


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


class OriginRefused(Problem):
    """A page of another origin asks whether it may call, and may not."""

    status, code, title = 400, "origin_refused", "Origin refused"


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


# Counts that alerts watch begin at 0, not with the first event.
for _kind in (Problem, RateLimited, StoreUnavailable, ModelUnavailable, Overloaded):
    PROBLEMS.labels(_kind.code)


def problem_response(problem: Problem) -> Response:
    """Render a problem, and count it."""
    PROBLEMS.labels(problem.code).inc()
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
