from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.access.credentials import KEY
from tests.browser.demo_page import DemoPage
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


@pytest.fixture(scope="module")
def open_demo(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {"MELU_API_KEYS": KEY, "MELU_DEMO": "true"}
    service = Service(bundle, tmp_path_factory.mktemp("demo"), environment).start()
    yield service
    service.stop()


def test_with_the_demo_the_page_works_and_erases_what_it_stored(
    open_demo: Service, browser_page: Page
):
    demo = DemoPage(browser_page, open_demo.url).open()
    visitor = demo.user_id
    assert visitor.startswith("demo-")
    demo.answer(5)
    demo.answer(1)
    demo.expect_personal_from(2)
    for section, drawn in (("learnt", "#taste tbody tr"), ("twin", "#twins ol")):
        browser_page.locator(f"#{section}").scroll_into_view_if_needed()
        expect(browser_page.locator(drawn)).not_to_have_count(0)
    demo.query.fill(demo.titles(demo.ten)[0])
    expect(demo.results).not_to_have_count(0)
    browser_page.keyboard.press("Escape")

    demo.reload()
    demo.expect_personal_from(2)
    assert demo.user_id == visitor

    demo.open_answers()
    browser_page.get_by_role("button", name="Start over", exact=True).click()
    browser_page.get_by_role("button", name="Erase and start over").click()
    demo.expect_everybodys()
    assert demo.user_id not in (visitor, None)
    with open_demo.client() as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        assert client.get(f"/users/{visitor}").status_code == 404
    assert visitor not in browser_page.evaluate("localStorage.getItem('melu.tokens')")
    assert demo.errors == []


def test_a_token_that_has_ended_is_renewed_for_the_same_visitor(
    bundle: Path, tmp_path: Path, browser_page: Page
):
    environment = {"MELU_API_KEYS": KEY, "MELU_DEMO": "true", "MELU_TOKEN_SECONDS": "2"}
    service = Service(bundle, tmp_path, environment).start()
    try:
        demo = DemoPage(browser_page, service.url).open()
        visitor = demo.user_id
        demo.answer(5)
        browser_page.wait_for_timeout(3_000)

        demo.answer(1)

        demo.expect_personal_from(2)
        assert demo.user_id == visitor
    finally:
        service.stop()


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
