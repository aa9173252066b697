"""The journey on a phone: an answer and what it does share the screen."""

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(service: Service, phone_page: Page) -> DemoPage:
    return DemoPage(phone_page, service.url).open()


def is_on_screen(page: Page, target: Locator) -> bool:
    box = target.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


@pytest.mark.parametrize("size", [(390, 740), (390, 664), (320, 650), (720, 450)])
def test_the_first_question_can_be_answered_at_first_sight(
    service: Service, browser_page: Page, size: tuple[int, int]
):
    # The last one is a laptop zoomed by 200 %: there the question itself is enough.
    browser_page.set_viewport_size({"width": size[0], "height": size[1]})
    DemoPage(browser_page, service.url).open()
    what = "#candidates .star" if size[0] < 720 else "#query"
    assert browser_page.evaluate(
        """what => {
            const { x, y, width, height } = document.querySelector(what).getBoundingClientRect();
            return document.elementFromPoint(x + width / 2, y + height - 4)?.matches(what);
        }""",
        what,
    )


@pytest.mark.parametrize("width", [320, 430, 768])
def test_the_offer_to_undo_covers_nothing_of_the_list(
    service: Service, browser_page: Page, width: int
):
    browser_page.set_viewport_size({"width": width, "height": 900})
    demo = DemoPage(browser_page, service.url).open()
    demo.radio(demo.next_card(), 5).click()
    expect(browser_page.locator("#five")).to_be_visible()
    offer, dock = demo.undo.bounding_box(), browser_page.locator("#dock").bounding_box()
    assert offer is not None
    assert dock is not None
    assert offer["y"] + offer["height"] <= dock["y"]


def test_cause_and_effect_share_the_screen(demo: DemoPage):
    page = demo.page
    item_id = demo.cards.filter(has_text="Horror").first.get_attribute("data-item")
    card = page.locator(f'#candidates > li[data-item="{item_id}"]')
    dock, five = page.locator("#dock"), page.locator("#five")
    expect(five.locator(".cover")).to_have_count(5)
    expect(five).to_be_hidden()
    before = five.text_content()
    card.scroll_into_view_if_needed()
    star = demo.radio(card, 5)
    assert is_on_screen(page, star)

    with demo.answered():
        star.tap()

    expect(page.locator("#dock-said")).to_contain_text("new in your ten")
    expect(five).to_be_visible()
    fresh = page.locator('#ten > li[data-kind="new"]:nth-child(-n + 5)').count()
    expect(five.locator(".fresh")).to_have_count(fresh)
    assert five.text_content() != before
    assert is_on_screen(page, dock)
    assert page.evaluate("scrollY") < 400
    dock.tap()
    expect(page.locator("#change")).to_be_in_viewport()


def test_the_whole_journey_by_touch(demo: DemoPage, client: httpx.Client):
    page = demo.page
    visitor = demo.user_id
    for count, rating in enumerate((5, 2), start=1):
        card = demo.next_card()
        card.scroll_into_view_if_needed()
        with demo.answered():
            demo.radio(card, rating).tap()
        demo.expect_personal_from(count)
        expect(card).to_have_count(0)
    demo.expect_no_sideways_scrolling()
    demo.query.tap()
    demo.query.fill(demo.titles(demo.ten)[0])
    expect(page.locator("#dock")).to_be_hidden()
    with demo.answered():
        demo.radio(demo.results.first, 4).tap()
    demo.expect_personal_from(3)
    page.locator("#tell-heading").tap()
    tile = demo.best.nth(1)
    tile.scroll_into_view_if_needed()
    with demo.answered():
        tile.get_by_role("button", name="Not for me").tap()
    demo.expect_personal_from(4)
    demo.expect_what_the_service_says(client)
    page.locator("#learnt").scroll_into_view_if_needed()
    expect(page.locator("#taste tbody tr")).not_to_have_count(0)
    page.locator("#twin").scroll_into_view_if_needed()
    expect(page.locator("#twins ol")).to_have_count(2)
    demo.expect_no_sideways_scrolling()
    page.locator("#answers-fold > summary").scroll_into_view_if_needed()
    page.locator("#answers-fold > summary").tap()
    page.get_by_role("button", name="Start over", exact=True).tap()
    page.get_by_role("button", name="Erase and start over").tap()
    demo.expect_everybodys()
    assert client.get(f"/users/{visitor}").status_code == 404
    assert demo.errors == []


def test_nothing_that_is_touched_is_too_small(demo: DemoPage):
    demo.answer(5)
    small = demo.page.evaluate(
        """() => [...document.querySelectorAll("button, summary, input, select, a.dock")]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 24 || height < 24)
            .map(([name]) => name)"""
    )

    assert small == []
