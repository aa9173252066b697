"""Without keys, names that are not ours and writes from other sites are refused."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import assert_problem

EVENT = {"item_id": "5", "rating": 5}
SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def named(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Goes by a name of its own, and lets the pages of a shop write."""
    environment = {"MELU_ALLOWED_HOSTS": "reco.example", "MELU_CORS_ORIGINS": f"{SHOP}/"}
    service = Service(bundle, tmp_path_factory.mktemp("named"), environment).start()
    yield service
    service.stop()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_name_that_is_not_ours_is_refused(service: Service, host: str, method: str):
    answer = httpx.request(method, f"{service.url}/users/a", headers={"Host": host}, verify=False)

    assert_problem(answer, 421, "misdirected_request")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8000"])
def test_names_of_this_machine_are_ours(service: Service, host: str):
    assert (
        httpx.get(f"{service.url}/healthz", headers={"Host": host}, verify=False).status_code == 200
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_pages_of_other_sites_do_not_write(service: Service, headers: dict[str, str]):
    user = f"{service.url}/users/strangers-pages"
    calls = [
        ("POST", f"{user}/feedback", EVENT),
        ("PUT", user, {"attributes": {}}),
        ("DELETE", user, None),
        ("PUT", f"{service.url}/items/of-a-stranger", {"title": "x", "attributes": {}}),
        ("POST", f"{service.url}/admin/model/reload", None),
    ]
    for method, path, body in calls:
        answer = httpx.request(method, path, json=body, headers=headers, verify=False)
        assert_problem(answer, 403, "forbidden")
    assert httpx.get(user, verify=False).status_code == 404


def test_our_own_page_and_programs_write(service: Service):
    for headers in ({"Origin": service.url, "Sec-Fetch-Site": "same-origin"}, {}):
        answer = httpx.post(
            f"{service.url}/users/of-our-page/feedback", json=EVENT, headers=headers, verify=False
        )
        assert answer.status_code == 200


def test_more_names_and_sites_can_be_allowed(named: Service):
    headers = {"Host": "reco.example", "Origin": SHOP, "Sec-Fetch-Site": "cross-site"}
    answer = httpx.post(f"{named.url}/users/a/feedback", json=EVENT, headers=headers, verify=False)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    other = httpx.get(f"{named.url}/healthz", headers={"Host": "other.example"}, verify=False)
    assert_problem(other, 421, "misdirected_request")


@pytest.mark.parametrize("path", ["/users/a", "/users/a/feedback", "/users/a/recommendations"])
def test_answers_about_a_user_are_kept_by_no_cache(service: Service, path: str):
    httpx.post(f"{service.url}/users/a/feedback", json=EVENT, verify=False)

    for answer in (
        httpx.get(service.url + path, verify=False),
        httpx.post(f"{service.url}/users/a/feedback", json=EVENT, verify=False),
    ):
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private, no-")


@pytest.mark.parametrize("name", ["a/b", "..", "%2F", "x" * 128, "a b", "{}'\"<>"])
def test_a_request_id_comes_back_whatever_it_is(service: Service, name: str):
    answer = httpx.get(f"{service.url}/healthz", headers={"X-Request-ID": name}, verify=False)

    assert answer.headers["x-request-id"] == name
