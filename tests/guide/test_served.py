"""The service shows the guide: headers, access, and what it says where there is none."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.middleware.security_headers import PAGE_HEADERS
from app.problem_handlers import install_problem_handlers
from app.routes.site_files import GuideFiles
from tests.access.credentials import bearer
from tests.running import Service
from tests.service.visitors import assert_problem

pytestmark = pytest.mark.slow

KINDS = {
    "/guide/": "text/html; charset=utf-8",
    "/guide/api.html": "text/html; charset=utf-8",
    "/guide/api.md": "text/markdown; charset=utf-8",
    "/guide/decisions/": "text/html; charset=utf-8",
    "/guide/request.svg": "image/svg+xml",
    "/guide/search.json": "application/json",
    "/llms.txt": "text/plain; charset=utf-8",
}


@pytest.mark.parametrize("path", KINDS)
def test_what_it_is_and_with_the_headers_of_pages(guide: Path, client: httpx.Client, path: str):
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == KINDS[path]
    for name in PAGE_HEADERS:
        assert response.headers[name] == PAGE_HEADERS[name]
    again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


def test_the_guides_name_leads_into_its_folder_also_behind_a_path(
    guide: Path, client: httpx.Client
):
    response = client.get("/guide")

    assert response.status_code == 307
    assert response.headers["location"] == "guide/"


def test_a_folder_is_led_to_under_whatever_name_the_service_is_reached(
    guide: Path, guarded: Service
):
    with guarded.client() as stranger:
        response = stranger.get("/guide/decisions", headers={"Host": "elsewhere.example"})

    assert response.status_code == 307
    assert response.headers["location"] == "./decisions/"
    for name in PAGE_HEADERS:
        assert response.headers[name] == PAGE_HEADERS[name]


def test_a_page_that_it_does_not_have(guide: Path, client: httpx.Client):
    assert_problem(client.get("/guide/nowhere.html"), 404, "not_found")
    assert client.get("/guide/../settings.py").status_code == 404
    assert client.get("/guide/%2e%2e/settings.py").status_code == 404


@pytest.mark.parametrize("path", ["/guide", *KINDS])
def test_it_opens_for_reading_without_a_key(guide: Path, guarded: Service, path: str):
    with guarded.client() as stranger:
        assert stranger.get(path).status_code in {200, 307}
        assert stranger.get(path, headers=bearer("a wrong key")).status_code in {200, 307}
        for method in ("POST", "PUT", "DELETE"):
            assert_problem(stranger.request(method, path), 401, "unauthorised")
        assert_problem(stranger.get(f"{path.rstrip('/')}x/y/../../../model"), 401, "unauthorised")


def test_where_nobody_built_it_the_answer_says_how(tmp_path: Path):
    app = FastAPI()
    app.mount("/guide", GuideFiles(tmp_path / "guide"))
    install_problem_handlers(app)

    response = TestClient(app).get("/guide/api.html")

    assert response.status_code == 404
    assert response.json()["code"] == "guide_not_built"
    assert "make guide" in response.json()["detail"]
