import time
from datetime import datetime
from urllib.parse import quote

import httpx
import jwt
import pytest

from app.access.tokens import ALGORITHM, AUDIENCE, InvalidToken, UserTokens
from app.settings import Settings
from tests.access.credentials import KEY, TOKEN_SECRET, bearer, issued_token, token
from tests.service.visitors import Visitor, assert_problem, ok


def test_a_browser_rates_and_is_recommended_to_with_its_token(client: httpx.Client, user: str):
    client.headers.update(bearer(issued_token(client, quote(user, safe=""))))
    visitor = Visitor(client, user)

    visitor.rate({0: 5, 1: 1})

    assert visitor.recommendations()["strategy"] == "adapted"
    assert visitor.stored()["support_size"] == 2
    assert len(visitor.onboarding()) == 12


def test_a_ranking_for_what_a_body_tells_is_for_servers_alone(client: httpx.Client):
    body = {"feedback": [{"item_id": "0", "rating": 5}]}

    assert ok(client.post("/recommendations", json=body, headers=bearer(KEY)))["items"]
    refused = client.post("/recommendations", json=body, headers=bearer(token("ann")))
    assert_problem(refused, 403, "forbidden")
    assert_problem(client.post("/recommendations", json=body), 401, "unauthorised")


def test_a_token_is_short_lived_and_says_how_long(client: httpx.Client):
    response = client.post("/users/ann/token", headers=bearer(KEY))
    issued = ok(response)
    claims = jwt.decode(issued["token"], TOKEN_SECRET, [ALGORITHM], audience=AUDIENCE)

    assert set(issued) == {"token", "expires_at"}
    assert response.headers["cache-control"] == "no-store"
    assert claims["sub"] == "ann"
    assert datetime.fromisoformat(issued["expires_at"]).timestamp() == claims["exp"]
    assert claims["exp"] - claims["iat"] == 900
    assert claims["iat"] == pytest.approx(time.time(), abs=5)


def test_a_user_that_is_no_id_gets_no_token(client: httpx.Client):
    answer = client.post(f"/users/{'x' * 129}/token", headers=bearer(KEY))

    assert_problem(answer, 422, "invalid_parameter")


@pytest.mark.parametrize("user_id", ["a b", "über", "a%2e", "日本", "a+b", "a;b", "a?b", "a#b"])
def test_a_token_opens_ids_that_a_path_must_encode(client: httpx.Client, user_id: str):
    path = quote(user_id, safe="")
    headers = bearer(issued_token(client, path))

    assert client.get(f"/users/{path}/recommendations", headers=headers).status_code == 200
    assert client.get(f"/users/{path}x/recommendations", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/users/bob/recommendations",
        "/users/b%6Fb/recommendations",
        "/users/ann%2F..%2Fbob/recommendations",
        "/users/ann/../bob/recommendations",
        "/users/ann//recommendations",
        "//users/ann/recommendations",
        "/users/Ann/recommendations",
        "/users/ann%00/recommendations",
        "/users/ann%0A/recommendations",
        "/users/ann/recommendations/",
        "/users/ann/feedback/0/more",
        "/users/ann/merge",
        "/users/ann/token",
    ],
)
def test_no_spelling_of_a_path_leads_elsewhere(client: httpx.Client, path: str):
    # As it is: a client library would tidy it.
    request = client.build_request("GET", "/", headers=bearer(token("ann")))
    request.url = request.url.copy_with(raw_path=path.encode())

    assert client.send(request).status_code in {403, 422}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("user_id=ann", 200),
        ("user_id=%61nn", 200),
        ("user_id=bob", 403),
        ("user_id=", 200),
        ("user_id=ann&user_id=", 200),
        ("user_id=bob&user_id=", 403),
        ("user_id=&user_id=bob", 403),
        ("user_id=ann&user_id=bob", 403),
        ("user_id=bob&user_id=ann", 403),
        ("%75ser_id=bob", 403),
        ("limit=2&user_id=b%6Fb", 403),
    ],
)
def test_onboarding_is_for_the_tokens_user(client: httpx.Client, query: str, status: int):
    answer = client.get(f"/onboarding/items?{query}", headers=bearer(token("ann")))

    assert answer.status_code == status


def test_a_token_that_was_good_is_refused_once_it_has_ended(client: httpx.Client):
    headers = bearer(token("ann", exp=int(time.time()) + 2))
    assert client.get("/users/ann/recommendations", headers=headers).status_code == 200

    time.sleep(2.1)

    assert client.get("/users/ann/recommendations", headers=headers).status_code == 401


def test_two_credentials_at_once_are_refused(client: httpx.Client):
    good = f"Bearer {KEY}".encode()

    answer = client.get("/model", headers=[(b"Authorization", good), (b"Authorization", good)])

    assert_problem(answer, 401, "unauthorised")


def tokens_of(**settings: str) -> UserTokens:
    return UserTokens(Settings.model_validate(settings).token_secrets, seconds=60)


def test_replicas_with_the_same_keys_take_each_others_tokens():
    issued = tokens_of(api_keys="key-number-one-of-two,key-number-two-of-two").issue("ann").token

    assert tokens_of(api_keys="key-number-one-of-two").user_of(issued) == "ann"


def test_while_keys_change_tokens_of_the_old_and_the_new_are_good():
    old, new = "key-that-is-leaving-us", "key-that-is-arriving-now"
    before, both, after = (tokens_of(api_keys=keys) for keys in (old, f"{new},{old}", new))
    issued = before.issue("ann").token

    assert both.user_of(issued) == "ann"
    assert after.user_of(both.issue("ann").token) == "ann"
    with pytest.raises(InvalidToken):
        after.user_of(issued)


def test_a_secret_of_its_own_changes_the_same_way():
    before, both = (
        tokens_of(token_secret=secret) for secret in ("a" * 32, f"{'b' * 32},{'a' * 32}")
    )

    assert both.user_of(before.issue("ann").token) == "ann"
    with pytest.raises(InvalidToken):
        before.user_of(both.issue("ann").token)


def test_a_hash_of_a_key_does_not_tell_what_signs_tokens():
    key = "key-whose-hash-is-seen"
    settings = Settings.model_validate({"api_keys": key})
    issued = UserTokens(settings.token_secrets, seconds=60).issue("ann").token

    for guess in (settings.api_keys[0].digest, settings.api_keys[0].hashed.encode()):
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(issued, guess, [ALGORITHM], audience=AUDIENCE)
