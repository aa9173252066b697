"""How little the page takes: bytes, requests, time, and movement."""

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

MOST_BYTES = 90_000
MOST_REQUESTS = 10
MOST_SHIFT = 0.05
SHIFTS = """() => { window.shift = 0; new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({type: "layout-shift", buffered: true}); }"""


def test_the_first_list_takes_few_bytes_and_requests(service: Service, browser_page: Page):
    session: CDPSession = browser_page.context.new_cdp_session(browser_page)
    session.send("Network.enable")
    sizes: list[float] = []
    asked: list[str] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    browser_page.on("request", lambda request: asked.append(request.url))

    DemoPage(browser_page, service.url).open()
    expect(browser_page.locator("#best-tiles > li")).not_to_have_count(0)
    browser_page.wait_for_load_state("networkidle")

    assert 5 < len(asked) <= MOST_REQUESTS
    assert 10_000 < sum(sizes) <= MOST_BYTES
    assert all(url.startswith(service.url) for url in asked)


@pytest.mark.parametrize("size", [(1280, 800), (1366, 650), (390, 740)])
def test_nothing_jumps(service: Service, browser_page: Page, size: tuple[int, int]):
    browser_page.set_viewport_size({"width": size[0], "height": size[1]})
    browser_page.add_init_script(f"({SHIFTS})()")
    demo = DemoPage(browser_page, service.url).open()
    demo.answer(5)
    demo.answer(1)

    assert browser_page.evaluate("window.shift") < MOST_SHIFT


def test_the_list_stays_in_sight_on_a_low_laptop(service: Service, browser_page: Page):
    browser_page.set_viewport_size({"width": 1366, "height": 650})
    demo = DemoPage(browser_page, service.url).open()
    for rating in (5, 1, 4):
        demo.answer(rating)
    demo.open_answers()
    demo.ratings.last.scroll_into_view_if_needed()

    box = demo.ten.nth(0).bounding_box()

    assert box is not None
    assert 0 <= box["y"] < 650
