"""What pages of other origins may do, and what our own may load."""

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.access.credentials import KEY, bearer, token
from tests.service.visitors import assert_problem

ORIGIN = {"Origin": "https://shop.example"}
STATIC = Path(__file__).parents[2] / "app" / "static"


def preflight(client: httpx.Client, origin: str, method: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, if-none-match",
    }
    return client.options("/users/ann/feedback", headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_listed_origin_may_ask_before_it_has_a_credential(client: httpx.Client, method: str):
    response = preflight(client, ORIGIN["Origin"], method)

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert method in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"].lower()


def test_no_other_origin_may(client: httpx.Client):
    response = preflight(client, "https://elsewhere.example", "GET")
    assert_problem(response, 400, "origin_refused")

    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


def test_a_listed_origin_can_read_answers_and_refusals(client: httpx.Client):
    path = "/users/ann/recommendations"

    answer = client.get(path, headers=ORIGIN | bearer(token("ann")))
    refusal = client.get(path, headers=ORIGIN)

    assert answer.status_code == 200
    assert_problem(refusal, 401, "unauthorised")
    for response in (answer, refusal):
        assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]
        assert "X-Request-ID" in response.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/items", "/not/there", "/users/a%2Fb", "/static/app.js", "/docs"]
)
def test_no_answer_is_sniffed(client: httpx.Client, path: str):
    for headers in ({}, bearer(KEY)):
        response = client.get(path, headers=headers)
        assert response.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "server" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/admin", "/docs", "/static/app.js", "/static/admin/admin.js"),
        *("/static/icon.svg", "/static/swagger/swagger-ui.css"),
    ],
)
def test_pages_run_our_scripts_alone_and_in_no_frame(client: httpx.Client, path: str):
    response = client.get(path)
    policy = dict(
        part.strip().split(" ", 1)
        for part in response.headers["content-security-policy"].split(";")
    )

    assert response.status_code == 200
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"


class References(HTMLParser):
    """Gathers what a page loads and what it says within itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag in {"script", "link", "img"}:
            self.loaded.append(given.get("src") or given.get("href") or "")


@pytest.mark.parametrize("path", ["/", "/admin", "/docs"])
def test_pages_load_from_this_service_alone(client: httpx.Client, path: str):
    page = References()
    page.feed(client.get(path).text)

    assert page.inline == []
    assert page.loaded
    for address in page.loaded:
        # Relative, so that they are found below a path of a proxy's own too.
        assert address.startswith("static/")
        assert client.get(address).status_code == 200


def test_scripts_write_no_markup():
    scripts = list(STATIC.rglob("*.js"))
    assert scripts
    for script in scripts:
        assert not re.search(r"\.(inner|outer)HTML|insertAdjacentHTML|\beval\(", script.read_text())
