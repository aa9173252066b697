"""Two tabs are one visitor."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser


def test_an_answer_in_one_tab_is_seen_in_the_other(service: Service, browser_page: Page):
    one = DemoPage(browser_page, service.url).open()
    other = DemoPage(browser_page.context.new_page(), service.url).open()
    assert other.user_id == one.user_id

    item_id = one.answer(5)

    other.expect_personal_from(1)
    assert other.ids(other.ratings) == [item_id]
    expect(other.what).to_contain_text("You answered in another window")
    other.answer(1)
    one.expect_personal_from(2)
    with service.client() as client:
        one.expect_what_the_service_says(client)
        other.expect_what_the_service_says(client)


def test_who_starts_over_in_one_tab_does_so_in_the_other(service: Service, browser_page: Page):
    one = DemoPage(browser_page, service.url).open()
    one.answer(5)
    other = DemoPage(browser_page.context.new_page(), service.url).open()
    other.expect_personal_from(1)

    one.open_answers()
    one.page.get_by_role("button", name="Start over", exact=True).click()
    one.page.get_by_role("button", name="Erase and start over").click()

    one.expect_everybodys()
    other.expect_everybodys()
    assert other.user_id == one.user_id


LEFT, CAME_BACK = (
    f"dispatchEvent(new PageTransitionEvent('{name}', {{ persisted: true }}))"
    for name in ("pagehide", "pageshow")
)


def without_news(page: Page) -> None:
    """As a browser keeps a page to come back to: it hears nothing of its storage meanwhile."""
    page.add_init_script("addEventListener('storage', (event) => event.stopImmediatePropagation())")


def test_who_comes_back_to_a_page_is_nobody_who_was_erased(service: Service, browser_page: Page):
    left = browser_page.context.new_page()
    without_news(left)
    one = DemoPage(browser_page, service.url).open()
    one.answer(5)
    erased = one.user_id
    other = DemoPage(left, service.url).open()
    other.expect_personal_from(1)
    left.evaluate(LEFT)
    one.open_answers()
    one.page.get_by_role("button", name="Start over", exact=True).click()
    one.page.get_by_role("button", name="Erase and start over").click()
    one.expect_everybodys()
    other.expect_personal_from(1)

    left.evaluate(CAME_BACK)

    other.expect_everybodys()
    other.answer(4)
    with service.client() as client:
        assert client.get(f"/users/{erased}").status_code == 404


def test_who_comes_back_to_a_page_sees_what_was_answered_elsewhere(
    service: Service, browser_page: Page
):
    left = browser_page.context.new_page()
    without_news(left)
    one = DemoPage(browser_page, service.url).open()
    other = DemoPage(left, service.url).open()
    left.evaluate(LEFT)
    one.answer(5)
    other.expect_everybodys()

    left.evaluate(CAME_BACK)

    other.expect_personal_from(1)
