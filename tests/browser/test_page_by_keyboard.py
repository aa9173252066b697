"""The whole journey without a mouse."""

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser


def tab_to(page: Page, target: Locator, most: int = 120) -> None:
    """Press Tab until something has the focus."""
    handle = target.element_handle()
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(one) => document.activeElement === one", handle):
            return
    pytest.fail(f"Tab does not reach {target}")


def test_from_the_first_answer_to_erasing_all(
    service: Service, browser_page: Page, client: httpx.Client
):
    demo = DemoPage(browser_page, service.url).open()
    page = demo.page
    visitor = demo.user_id

    # Answer two cards: a number rates.
    tab_to(page, demo.radio(demo.cards.first, 1))
    for count, rating in ((1, "5"), (2, "1")):
        with demo.answered():
            page.keyboard.press(rating)
        demo.expect_personal_from(count)
        expect(page.locator("#candidates > li.card:focus-within")).to_have_count(1)
        expect(demo.open_cards).to_have_count(6)

    # Take the last one back.
    with demo.answered():
        page.keyboard.press("Control+z")
    demo.expect_personal_from(1)

    # Name a film, and love it.
    page.locator(".skip").focus()
    tab_to(page, demo.query)
    page.keyboard.type(demo.titles(demo.ten)[1])
    expect(demo.results).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#results")).to_be_hidden()
    # What was found comes again by Enter.
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    with demo.answered():
        page.keyboard.press("4")
    demo.expect_personal_from(2)
    expect(demo.query).to_be_focused()
    page.keyboard.press("Escape")

    # Answer on a shelf, filter, and get more.
    tile = demo.best.first
    tab_to(page, tile.get_by_role("button", name="Not for me"))
    with demo.answered():
        page.keyboard.press("Enter")
    demo.expect_personal_from(3)
    expect(page.locator("#best-tiles > li:focus-within")).to_have_count(1)
    chip = page.locator("#filters .chip").first
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Clear filters"))
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "false")
    tab_to(page, page.locator("#more"))
    page.keyboard.press("Enter")
    expect(demo.best).to_have_count(28)
    expect(page.locator("#more")).to_be_focused()

    # What if, the calls in another language.
    answer = page.locator("#what-if-answers .chip").first
    tab_to(page, answer)
    page.keyboard.press("Enter")
    expect(page.locator("#what-if-said p")).to_contain_text("Without ")
    tab_to(page, page.get_by_role("tab", name="JavaScript"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Python")).to_be_focused()
    expect(page.locator("#program")).to_contain_text("from melu_client import Melu")

    # Erase all.
    page.locator(".skip").focus()
    summary = page.locator("#answers-fold > summary")
    tab_to(page, summary)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Start over", exact=True))
    page.keyboard.press("Enter")
    dialog = page.locator("#start-over-dialog")
    expect(dialog.get_by_role("button", name="Keep my answers")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    demo.expect_everybodys()
    expect(page.locator("#tell-heading")).to_be_focused()
    assert client.get(f"/users/{visitor}").status_code == 404
    assert demo.errors == []
