"""Why a call failed.

MeluError
  Unreachable      nothing answered: `unreachable`, `timeout`
  Unauthorised     401
  Forbidden        403
  NotFound         404
    UnknownUser    `unknown_user`
    UnknownItem    `unknown_item`
    UnknownFeedback `unknown_feedback`
  InvalidRequest   400, 413 and 422: what was sent will never do
  RateLimited      429
  Unavailable      502 to 504: the store, the model or the whole service, for now
"""

from __future__ import annotations

from typing import cast

from melu_client.api_types import ProblemBody

PASSING = frozenset({0, 408, 429, 502, 503, 504})


class MeluError(Exception):
    """A call failed.

    Args:
        code: The service's own word, such as `unknown_item`; `unreachable` or `timeout` where
            nothing answered, `invalid_answer` or `unknown` where something else did.
        detail: What is wrong, and the remedy.
        status: HTTP status; 0 where nothing answered.
        request_id: What the service's log has it under.
        retry_after: Seconds after which to ask again, if the service said so.
        problem: The whole problem, with `errors` for forms.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 0,
        request_id: str | None = None,
        retry_after: float | None = None,
        problem: ProblemBody | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.problem = problem

    @property
    def passes(self) -> bool:
        """Whether the same call may well succeed later."""
        return self.status in PASSING


class Unreachable(MeluError):
    """Nothing answered."""


class Unauthorised(MeluError):
    """No key or token, or one that is not valid."""


class Forbidden(MeluError):
    """The key or token does not open this."""


class NotFound(MeluError):
    """The call named something that does not exist."""


class UnknownUser(NotFound):
    """Nothing is stored for the user."""


class UnknownItem(NotFound):
    """There is no such item."""


class UnknownFeedback(NotFound):
    """There is no such feedback."""


class InvalidRequest(MeluError):
    """What was sent will never do; `problem["errors"]` says where."""


class RateLimited(MeluError):
    """Too many calls; `retry_after` says when to go on."""


class Unavailable(MeluError):
    """The service can't answer for now."""


_BY_STATUS: dict[int, type[MeluError]] = {
    400: InvalidRequest,
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
_OF_A_PATH: dict[str, type[MeluError]] = {
    "unknown_user": UnknownUser,
    "unknown_item": UnknownItem,
    "unknown_feedback": UnknownFeedback,
}


def error_of(
    status: int, answer: object, request_id: str | None, retry_after: float | None
) -> MeluError:
    """Make the error that an answer tells of.

    Args:
        status: HTTP status.
        answer: The body, a problem if the service itself answered.
        request_id: The answer's `X-Request-ID`.
        retry_after: Seconds.

    Returns:
        One of the classes above.
    """
    problem = cast(ProblemBody, answer) if isinstance(answer, dict) else None
    code = str(problem.get("code", "unknown")) if problem else "unknown"
    detail = problem.get("detail") if problem else None
    kind = _BY_STATUS.get(status, MeluError)
    if kind is NotFound:
        kind = _OF_A_PATH.get(code, NotFound)
    return kind(
        code,
        detail or f"The service answered with status {status}.",
        status=status,
        request_id=request_id,
        retry_after=retry_after,
        problem=problem,
    )
