"""`melu.js` and `melu-recommendations` in a real browser, under the policy of our pages."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.javascript.elements import put, stored, wait_until_lists_end
from tests.running import wait_for

pytestmark = pytest.mark.browser


def test_what_is_rated_without_a_network_is_sent_with_it(
    page: Page, http: httpx.Client, request: pytest.FixtureRequest
):
    user = "offline"
    page.evaluate(
        """async (userId) => {
            const { Melu } = await import("/static/melu.js");
            window.melu = new Melu({ userId });
            await melu.flush();
        }""",
        user,
    )
    page.context.set_offline(True)

    page.evaluate("melu.queueFeedback({ item_id: '5', rating: 4 })")
    said = page.evaluate("melu.flush().catch((error) => [error.code, error.status])")
    assert said == ["unreachable", 0]
    assert stored(http, user) == []
    kept = page.evaluate(
        "Object.entries(localStorage).find(([key]) => key.includes(' offline '))[1]"
    )
    assert '"item_id":"5"' in kept

    page.context.set_offline(False)
    wait_for(lambda: stored(http, user), "what waited")
    (event,) = stored(http, user)
    assert (event["item_id"], event["rating"]) == ("5", 4.0)
    wait_for(
        lambda: (
            not page.evaluate(
                "Object.keys(localStorage).some((key) => key.startsWith('melu.queue'))"
            )
        ),
        "the queue to be empty",
    )


def test_a_list_has_pages_and_tells_what_was_selected(page: Page):
    put(page, '<melu-recommendations user-id="pages" limit="3"></melu-recommendations>')
    items = page.locator("melu-recommendations [part=item]")
    expect(items).to_have_count(3)
    page.evaluate(
        """document.addEventListener("melu-select", (event) => {
            window.selected = event.detail.item;
            window.listId = event.detail.listId;
        })"""
    )

    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(6)
    expect(items.nth(3).locator("button")).to_be_focused()
    items.nth(4).locator("button").click()

    assert page.evaluate("selected.rank") == 5
    assert re.fullmatch("[0-9a-f]{24}", page.evaluate("listId"))
    element = page.locator("melu-recommendations")
    element.evaluate("element => element.setAttribute('href', '/film/{item_id}')")
    expect(items.first.locator("a")).to_have_attribute("href", re.compile(r"^/film/\d+$"))


def test_a_list_that_is_no_more_begins_anew(page_of_half_stars: Page):
    page = page_of_half_stars
    put(page, '<melu-recommendations user-id="late" limit="3"></melu-recommendations>')
    items = page.locator("melu-recommendations [part=item]")
    expect(items).to_have_count(3)
    items.first.evaluate("item => item.id = 'old'")
    wait_until_lists_end(page)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("melu-recommendations #old")).to_have_count(0)
    expect(items).to_have_count(3)
    expect(page.get_by_role("status")).to_be_empty()
    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(6)
