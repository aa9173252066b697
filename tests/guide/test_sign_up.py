"""The tutorial "Behind your sign-up page" works as it stands, before a guarded service."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from scripts.guide.__main__ import ROOT
from tests.access.credentials import KEY, bearer
from tests.ports import free_port
from tests.running import Service, require, wait_for

pytestmark = pytest.mark.slow

TEXT = (ROOT / "docs" / "sign-up.md").read_text()
ORIGIN = "http://127.0.0.1:9000"


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def origin() -> str:
    """Port 9000 may be somebody's."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def guarded(
    bundle: Path, origin: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """With the settings that the page tells of."""
    named = re.findall(r"\b(MELU_\w+)=(\S+)", snippets("sh")[0])
    assert named == [("MELU_API_KEYS", "$KEY"), ("MELU_CORS_ORIGINS", ORIGIN)]
    environment = {"MELU_API_KEYS": KEY, "MELU_CORS_ORIGINS": origin}
    service = Service(bundle, tmp_path_factory.mktemp("guarded"), environment).start()
    yield service
    service.stop()


def environment(service: Service) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "clients" / "python"), str(ROOT)])
    return {"MELU": service.url, "KEY": KEY, "PATH": "/usr/bin:/bin", "PYTHONPATH": path}


@pytest.fixture(scope="module")
def shop(guarded: Service, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("shop")
    server = snippets("python")[0]
    assert "9000" in server
    (folder / "shop.py").write_text(server.replace("9000", origin.rpartition(":")[2]))
    (folder / "sign-up.html").write_text(snippets("html")[0])
    (folder / "sign-up.js").write_text(snippets("js")[0])
    process = subprocess.Popen(
        [sys.executable, "shop.py"],
        cwd=folder,
        env=environment(guarded),
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        try:
            return httpx.get(origin, verify=False).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(answers, "the shop")
    yield origin
    process.kill()
    process.wait()


@pytest.mark.browser
def test_a_visitor_answers_and_sees_a_list_of_their_own(
    shop: str, guarded: Service, browser_page: Page
):
    page = browser_page
    headers: list[dict[str, str]] = []
    page.on("request", lambda request: headers.append(request.headers))
    page.goto(shop)
    expect(page.locator("#list li")).to_have_count(10)
    expect(page.locator("#list")).to_have_attribute("data-strategy", "prior")
    expect(page.locator("#questions li")).to_have_count(3)
    asked = page.locator("#questions li").first.inner_text().partition(" I like it")[0]

    page.locator("#questions li").first.get_by_role("button", name="I like it").click()

    expect(page.locator("#list")).to_have_attribute("data-strategy", "adapted")
    expect(page.locator("#questions")).not_to_contain_text(asked)
    expect(page.locator("#trouble")).to_have_text("")
    with guarded.client() as client:
        kept = client.get("/users/ada/feedback", headers=bearer(KEY)).json()["items"]
    assert [(one["action"], one["source"]) for one in kept] == [("like", "onboarding")]
    sent = [one["authorization"] for one in headers if "authorization" in one]
    assert sent
    assert KEY not in str(headers)


def test_what_is_closed_is_closed(guarded: Service, origin: str):
    require("curl", shutil.which("curl"))
    _, credentials, origins = snippets("sh")
    printed = [
        _run(["sh", "-euc", snippet.replace(ORIGIN, origin)], guarded)
        for snippet in (credentials, origins)
    ]

    assert printed[0].split() == ["401", "200", "403"]
    assert printed[1].split() == ["200", "400"]


def test_a_visitor_is_taken_over(guarded: Service):
    assert _run([sys.executable, "-c", snippets("python")[1]], guarded).strip() == "1"
    with guarded.client() as client:
        assert client.get("/users/anon-17", headers=bearer(KEY)).status_code == 404


def test_no_snippet_is_left_out():
    assert [len(snippets(one)) for one in ("sh", "python", "html", "js")] == [3, 2, 1, 1]
    assert TEXT.count("\n```\n") == 7


def _run(command: list[str], service: Service) -> str:
    done = subprocess.run(
        command,
        env=environment(service),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
