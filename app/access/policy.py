"""What each credential opens. Whatever is not named here needs an API key."""

from collections.abc import Set

from starlette.datastructures import QueryParams

from app.access.tokens import TokenHolder

_OPEN_PATHS = frozenset(
    {"/", "/admin", "/docs", "/guide", "/llms.txt", "/openapi.json", "/healthz", "/readyz"}
)
_OPEN_FOLDERS = ("/static/", "/guide/")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_NOTHING: Set[str] = frozenset()
_FOR_THE_PAGE: dict[str, Set[str]] = {"/model": {"GET"}, "/recommendations": {"POST"}}
"""What the demo page's visitors may call too: it tells of no user, and stores nothing."""
DEMO_VISITOR_PATH = "/demo/visitor"


def is_open(method: str, path: str) -> bool:
    """Tell whether anybody may call a path: health, the pages, the description; no data.

    Args:
        method: HTTP method.
        path: Decoded path.

    Returns:
        Whether no credential is needed.
    """
    return method in _READING and (path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS))


def token_opens(holder: TokenHolder, method: str, path: str, query_string: bytes) -> bool:
    """Tell whether a user's token opens a call.

    Args:
        holder: Whom the token was issued for.
        method: HTTP method.
        path: Decoded path; routing sees the same.
        query_string: Raw query string.

    Returns:
        Whether it does.
    """
    user_id = holder.user_id
    methods = _methods_of_user(user_id, path)
    if holder.is_demo and not methods:
        methods = _FOR_THE_PAGE.get(path, _NOTHING)
    if method == "HEAD":
        method = "GET"
    if method not in methods and not (method == "OPTIONS" and methods):
        return False
    if path == "/onboarding/items":
        # Parsed as the route will parse it; of a parameter that repeats, every value counts.
        asked_for = QueryParams(query_string).getlist("user_id")
        return all(value in ("", user_id) for value in asked_for)
    return True


def _methods_of_user(user_id: str, path: str) -> Set[str]:
    match path.split("/")[1:]:
        case ["users", owner] if owner == user_id:
            return {"GET", "PUT", "DELETE"}
        case ["users", owner, "feedback"] if owner == user_id:
            return {"GET", "POST"}
        case ["users", owner, "feedback", _item_id] if owner == user_id:
            return {"DELETE"}
        case ["users", owner, "feedback", "pairs", _preferred, _over] if owner == user_id:
            return {"DELETE"}
        case ["users", owner, "feedback", "groups", _group_id] if owner == user_id:
            return {"DELETE"}
        case ["users", owner, "recommendations"] if owner == user_id:
            return {"GET"}
        case ["onboarding", "items"] | ["items"] | ["items", _]:
            return {"GET"}
    return _NOTHING
