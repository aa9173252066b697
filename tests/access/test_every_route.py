"""Every route of the description, with every kind of credential."""

import time

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.access.credentials import KEY, OTHER_KEY, bearer, token, unsigned_token
from tests.service.visitors import assert_problem

USER = "ann"
CALLS = [
    (method.upper(), path)
    for path, calls in create_app(Settings()).openapi()["paths"].items()
    for method in calls
]
OPEN = {("GET", "/healthz"), ("GET", "/readyz")}
OPEN_TO_TOKENS = {
    ("GET", "/items"),
    ("GET", "/items/{item_id}"),
    ("GET", "/onboarding/items"),
}
OPEN_TO_THE_USERS_TOKEN = {
    ("PUT", "/users/{user_id}"),
    ("GET", "/users/{user_id}"),
    ("DELETE", "/users/{user_id}"),
    ("GET", "/users/{user_id}/feedback"),
    ("POST", "/users/{user_id}/feedback"),
    ("DELETE", "/users/{user_id}/feedback/{item_id}"),
    ("DELETE", "/users/{user_id}/feedback/pairs/{preferred}/{over}"),
    ("DELETE", "/users/{user_id}/feedback/groups/{group_id}"),
    ("GET", "/users/{user_id}/recommendations"),
}
NO_GOOD = {
    "nothing": {},
    "no credential": {"Authorization": "Bearer"},
    "another scheme": {"Authorization": f"Basic {KEY}"},
    "a wrong key": bearer(KEY[:-1]),
    "a key and more": bearer(KEY + "x"),
    "an expired token": bearer(token(USER, exp=int(time.time()) - 1)),
    "a token for another service": bearer(token(USER, aud="another")),
    "a token without an audience": bearer(token(USER, aud=None)),
    "a token without an end": bearer(token(USER, exp=None)),
    "a token without a user": bearer(token(USER, sub=None)),
    "a token signed with another secret": bearer(token(USER, secret="x" * 32)),
    "a token signed with a key": bearer(token(USER, secret=KEY)),
    "a token without a signature": bearer(unsigned_token(USER)),
    "text that is no token": bearer("a.b.c"),
    "text that is no ASCII": {"Authorization": "Bearer \xe9\xff"},
}


def call(client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    path = path.replace("{user_id}", USER)
    for name, value in (("item_id", "59"), ("preferred", "59"), ("over", "58"), ("group_id", "g")):
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    return client.request(method, path, headers=raw)


def test_the_tables_of_this_file_name_routes_that_exist():
    assert set(CALLS) > OPEN | OPEN_TO_TOKENS | OPEN_TO_THE_USERS_TOKEN


@pytest.mark.parametrize("credential", NO_GOOD)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_opens_without_a_good_credential(
    client: httpx.Client, method: str, path: str, credential: str
):
    response = call(client, method, path, NO_GOOD[credential])

    if (method, path) in OPEN:
        assert response.status_code == 200
    else:
        assert_problem(response, 401, "unauthorised")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_route_opens_with_any_of_the_keys(
    client: httpx.Client, method: str, path: str, key: str
):
    assert call(client, method, path, bearer(key)).status_code not in {401, 403}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_users_token_opens_what_is_the_users_and_the_items(
    client: httpx.Client, method: str, path: str
):
    response = call(client, method, path, bearer(token(USER)))

    if (method, path) in OPEN | OPEN_TO_TOKENS | OPEN_TO_THE_USERS_TOKEN:
        assert response.status_code not in {401, 403}
    else:
        assert_problem(response, 403, "forbidden")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_another_users_token_opens_the_items_alone(client: httpx.Client, method: str, path: str):
    response = call(client, method, path, bearer(token("bob")))

    if (method, path) in OPEN | OPEN_TO_TOKENS:
        assert response.status_code not in {401, 403}
    else:
        assert_problem(response, 403, "forbidden")


@pytest.mark.parametrize("path", ["/not/there", "/users", "/users/ann/later", "/static", "/docs/a"])
def test_a_path_that_nobody_thought_of_is_closed(client: httpx.Client, path: str):
    assert_problem(client.get(path), 401, "unauthorised")
    assert_problem(client.get(path, headers=bearer(token(USER))), 403, "forbidden")
    assert client.get(path, headers=bearer(KEY)).status_code in {404, 307}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/healthz", "/", "/admin", "/docs", "/static/app.js"])
def test_what_is_open_is_open_for_reading(client: httpx.Client, method: str, path: str):
    assert_problem(client.request(method, path), 401, "unauthorised")


@pytest.mark.parametrize(
    "path",
    ["/", "/admin", "/docs", "/openapi.json", "/static/app.js", "/static/admin/admin.js"],
)
def test_page_and_description_open_without_a_credential(client: httpx.Client, path: str):
    assert client.get(path).status_code == 200
    assert client.get(path, headers=bearer("a wrong key")).status_code == 200


def test_the_description_says_what_needs_a_credential(client: httpx.Client):
    described = client.get("/openapi.json").json()

    assert described["security"] == [{"bearer": []}]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for method, path in CALLS:
        security = described["paths"][path][method.lower()].get("security")
        assert (security == []) == ((method, path) in OPEN), path
