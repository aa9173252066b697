"""The guide in a real browser: nothing from elsewhere, nothing refused, search, small screens."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.running import Service

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_loads_without_another_host_and_without_a_violation(
    guide: Path, service: Service, browser_page: Page, scheme: str
):
    page = browser_page
    page.emulate_media(color_scheme=scheme)
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: trouble.append(f"{request.url}: {request.failure}"))
    page.on("console", lambda said: trouble.append(said.text) if said.type != "log" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))"
    )
    names = sorted(str(path.relative_to(guide)) for path in guide.rglob("*.html"))

    assert len(names) > 30
    for name in names:
        page.goto(f"{service.url}/guide/{name}")
        # Pictures further down are loaded when they are near.
        page.evaluate(
            """() => Promise.all([...document.images].map((image) => {
                image.loading = "eager";
                return image.decode();
            }))"""
        )
        shown = page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        assert shown, name

    assert [url for url in asked if not url.startswith(f"{service.url}/")] == []
    # To leave a page ends what it still loads, such as its icon.
    assert [one for one in trouble if not one.endswith("net::ERR_ABORTED")] == []


def test_the_demo_page_leads_to_it(guide: Path, service: Service, browser_page: Page):
    browser_page.goto(service.url)
    # By the keyboard: what comes into view above the link moves it while a mouse goes down and up.
    browser_page.get_by_role("link", name="Guide").press("Enter")

    browser_page.wait_for_url(f"{service.url}/guide/")
    assert browser_page.title() == "MeLU Online"


def test_search_by_keyboard_finds_a_heading(guide: Path, service: Service, browser_page: Page):
    page = browser_page
    page.goto(f"{service.url}/guide/decisions/")

    page.keyboard.press("/")
    page.keyboard.type("erasure log")
    page.wait_for_selector("#guide-found li")
    assert "found" in page.locator("#guide-said").inner_text()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#guide-found li[aria-selected=true]")
    assert page.locator("#guide-query").get_attribute(
        "aria-activedescendant"
    ) == chosen.get_attribute("id")
    address = chosen.get_attribute("data-address")
    page.keyboard.press("Enter")

    page.wait_for_url("**/*.html#*")
    assert address is not None
    assert page.url.endswith(address.removeprefix("../"))
    assert "erasure" in page.locator("main").inner_text().lower()


def test_search_that_finds_nothing_says_so(guide: Path, service: Service, browser_page: Page):
    browser_page.goto(f"{service.url}/guide/")

    browser_page.fill("#guide-query", "xyzzy")
    expect(browser_page.locator("#guide-said")).to_have_text("Nothing found")
    expect(browser_page.locator("#guide-found")).to_be_hidden()


def test_a_small_screen_scrolls_down_only(guide: Path, service: Service, browser_page: Page):
    page = browser_page
    page.set_viewport_size({"width": 360, "height": 740})
    names = sorted(path.name for path in guide.glob("*.html"))
    assert names
    for name in names:
        page.goto(f"{service.url}/guide/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
    assert page.get_by_role("navigation", name="Pages").is_hidden()
    page.get_by_text("Contents", exact=True).click()
    assert page.get_by_role("navigation", name="Pages").is_visible()
