"""The one place where access is checked, before anything is routed."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.keys import ApiKey, matching_key
from app.access.policy import DEMO_VISITOR_PATH, is_open, token_opens
from app.access.tokens import InvalidToken, TokenHolder, UserTokens
from app.callers import CALLER, Caller
from app.problems import Forbidden, Problem, Unauthorised, problem_response
from app.store import RateLimits

_SCHEME = "bearer "


class AccessGuardMiddleware:
    """ASGI middleware that lets a request pass only with a credential that opens it.

    It stands before routing, so a route can't be forgotten: what the policy does not name needs an
    API key.

    Args:
        app: What comes after.
        keys: API keys; each opens everything.
        tokens: Checks user tokens.
        has_demo: Whether the demo page may have visitors of its own.
    """

    def __init__(
        self, app: ASGIApp, keys: tuple[ApiKey, ...], tokens: UserTokens, *, has_demo: bool = False
    ) -> None:
        self._app = app
        self._has_demo = has_demo
        self._keys = keys
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http" and not (
            is_open(scope["method"], scope["path"]) or self._is_for_a_visitor(scope)
        ):
            try:
                await self._admit(scope)
            except Problem as refusal:
                await problem_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_for_a_visitor(self, scope: Scope) -> bool:
        return self._has_demo and scope["method"] == "POST" and scope["path"] == DEMO_VISITOR_PATH

    async def _admit(self, scope: Scope) -> None:
        limits: RateLimits = scope["app"].state.rate_limits
        credential = _credential(scope)
        key = matching_key(self._keys, credential)
        if key is not None:
            CALLER.set(Caller(key.digest.hex()))
            await limits.count_key(key.digest)
            return
        try:
            holder: TokenHolder | None = self._tokens.holder_of(credential)
        except InvalidToken:
            holder = None
        if holder is None or (holder.is_demo and not self._has_demo):
            raise Unauthorised(
                "The bearer credential is neither an API key of this service nor a user token "
                "that is still good. Get a new token with POST /users/{user_id}/token."
            )
        user_id = holder.user_id
        scope["token_user"] = user_id  # for the log
        CALLER.set(Caller(user_id, is_user=True))
        if not token_opens(holder, scope["method"], scope["path"], scope["query_string"]):
            raise Forbidden(
                "A user token opens that user's own paths, /onboarding/items and GET /items; "
                "this needs an API key."
            )
        await limits.count_user(user_id, is_demo=holder.is_demo)


def _credential(scope: Scope) -> str:
    sent: list[bytes] = [value for name, value in scope["headers"] if name == b"authorization"]
    if not sent:
        raise Unauthorised(
            "Send an API key or a user token: `Authorization: Bearer …`. The operator sets the "
            "keys, in MELU_API_KEYS."
        )
    text = sent[0].decode("latin-1")
    if len(sent) > 1 or text[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthorised("Expected one header of the form `Authorization: Bearer …`.")
    return text[len(_SCHEME) :].strip()
