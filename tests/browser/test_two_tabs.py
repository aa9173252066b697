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
