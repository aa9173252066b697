from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.access.credentials import KEY
from tests.running import Service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guarded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("guarded")
    service = Service(bundle, folder, {"MELU_API_KEYS": KEY}).start()
    yield service
    service.stop()


def test_the_demo_page_says_why_it_shows_nothing_and_what_to_do(
    guarded: Service, browser_page: Page
):
    browser_page.goto(guarded.url)

    expect(browser_page.locator("#status")).to_contain_text("MELU_DEMO=true")
    expect(browser_page.locator("#status")).to_contain_text("without MELU_API_KEYS")
    expect(browser_page.locator("#change-what")).to_contain_text("closed to visitors")


def test_the_api_can_be_read_and_tried_with_a_key_and_nothing_from_elsewhere(
    guarded: Service, browser_page: Page
):
    said: list[str] = []
    asked: list[str] = []
    browser_page.on("console", lambda line: said.append(line.text))
    browser_page.on("pageerror", lambda error: said.append(str(error)))
    browser_page.on("request", lambda request: asked.append(request.url))

    browser_page.goto(f"{guarded.url}/docs")
    browser_page.get_by_role("button", name="Authorize").click()
    browser_page.get_by_label("Value").fill(KEY)
    browser_page.get_by_role("button", name="Apply credentials").click()
    browser_page.get_by_role("button", name="Close").click()
    operation = browser_page.locator("#operations-operations-get_model")
    operation.locator("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    status = operation.locator(".live-responses-table td.response-col_status").last
    expect(status).to_have_text("200")
    assert said == []
    assert all(url.startswith((guarded.url, "data:")) for url in asked)
