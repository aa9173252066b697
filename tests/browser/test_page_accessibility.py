"""axe finds nothing wrong in any state of the page, in either theme, on desktop and phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PHONE
from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"  # axe-core 4.14.1, MPL-2.0
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    (one) => [one.id, one.impact, one.nodes.map((node) => node.target.join(" ")).slice(0, 5)])"""


@pytest.fixture(params=["light", "dark", "forced"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    theme = request.param
    context = browser.new_context(
        viewport=DESKTOP,
        color_scheme="dark" if theme == "dark" else "light",
        forced_colors="active" if theme == "forced" else "none",
        reduced_motion="reduce",
        bypass_csp=True,  # for axe alone
    )
    yield context.new_page()
    context.close()


def expect_no_fault(demo: DemoPage) -> None:
    if not demo.page.evaluate("typeof axe === 'object'"):
        demo.page.add_script_tag(path=AXE)
    assert demo.page.evaluate(RUN) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_state(service: Service, themed: Page, size: str):
    page = themed
    page.set_viewport_size(DESKTOP if size == "desktop" else PHONE)
    demo = DemoPage(page, service.url).open()
    expect_no_fault(demo)
    demo.answer(5)
    demo.answer(1)
    for section in ("learnt", "twin", "build", "numbers"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    expect(page.locator("#twins ol")).to_have_count(2)
    expect(page.locator("#taste tbody tr")).not_to_have_count(0)
    page.locator("#what-if-answers .chip").first.click()
    expect(page.locator("#what-if-said p")).to_contain_text("Without ")
    page.locator("#calls summary").first.click()
    expect_no_fault(demo)

    demo.open_answers()
    page.get_by_text("About you").click()
    page.locator("#profile-fields input[type=number]").first.fill("-5")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile-fields .complaint")).to_be_visible()
    page.locator("#filters .chip").first.click()
    expect(page.get_by_role("button", name="Clear filters")).to_be_visible()
    expect_no_fault(demo)

    demo.query.fill(demo.titles(demo.ten)[0][:3])
    expect(demo.results).not_to_have_count(0)
    expect_no_fault(demo)
    demo.query.fill("no such title at all")
    expect(page.locator("#results")).to_contain_text("Nothing found")
    expect_no_fault(demo)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Start over", exact=True).click()
    expect(page.locator("#start-over-dialog")).to_be_visible()
    expect_no_fault(demo)


def test_while_the_service_is_away_and_at_the_start(service: Service, themed: Page):
    demo = DemoPage(themed, service.url).open()
    themed.route("**/feedback", lambda route: route.abort())
    demo.radio(demo.next_card(), 4).click()
    expect(demo.status).to_contain_text("kept here")
    expect_no_fault(demo)
    themed.route("**/model", lambda route: route.abort())
    themed.reload()
    expect(demo.status).to_contain_text("reach the service")
    expect(demo.what).to_contain_text("We could not start.")
    expect_no_fault(demo)


def test_still_where_motion_is_not_wanted(service: Service, themed: Page):
    demo = DemoPage(themed, service.url).open()

    with demo.answered():
        demo.radio(demo.next_card(), 5).click()

    expect(demo.page.locator("#slope")).to_have_class("slope compared")
    assert demo.page.evaluate("document.getAnimations().length") == 0
