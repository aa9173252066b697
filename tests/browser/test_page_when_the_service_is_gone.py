"""The demo page while the store or the service is away: nothing that a visitor did is lost."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.conftest import PHONE
from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

SOON = 60_000  # ms; the page's longest pause between two tries is 15 s


@pytest.fixture(scope="module")
def own_service(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that a test may hurt."""
    running = Service(bundle, tmp_path_factory.mktemp("own-service")).start()
    yield running
    running.stop()


def expect_two_more_ratings_are_kept(demo: DemoPage) -> list[str]:
    """Rate two while the service is away; the page says that they are kept, and goes on."""
    before = demo.titles(demo.ten)
    rated = []
    for rating, kept in [(5, "1 change of yours is kept"), (1, "2 changes of yours are kept")]:
        card = demo.next_card()
        rated.append(card.locator("h3").inner_text())
        demo.radio(card, rating).click()
        expect(demo.status).to_contain_text(kept)
        expect(card).to_have_count(0)
    demo.open_answers()
    expect(demo.ratings.filter(has_text="not sent yet")).to_have_count(2)
    assert demo.titles(demo.ten) == before
    return rated


def expect_all_arrived(demo: DemoPage, service: Service) -> None:
    expect(demo.status).to_contain_text("Back again", timeout=SOON)
    demo.expect_personal_from(3)
    expect(demo.ratings.filter(has_text="not sent yet")).to_have_count(0)
    with service.client() as client:
        stored = client.get(f"/users/{demo.user_id}/feedback").json()["items"]
        assert [one["rating"] for one in stored] == [1, 5, 4]
        demo.expect_what_the_service_says(client)
    expect(demo.status).to_be_empty()


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE], ids=["desktop", "phone"])
def test_a_store_that_hangs(own_service: Service, browser_page: Page, size: ViewportSize):
    browser_page.set_viewport_size(size)
    demo = DemoPage(browser_page, own_service.url).open()
    demo.radio(demo.next_card(), 4).click()
    demo.expect_personal_from(1)
    expect(demo.cards).to_have_count(6)
    store = own_service.store_pid()
    os.kill(store, signal.SIGSTOP)
    try:
        expect_two_more_ratings_are_kept(demo)
    finally:
        os.kill(store, signal.SIGCONT)
    expect_all_arrived(demo, own_service)


def test_a_service_that_is_killed_and_a_page_that_is_left(own_service: Service, browser_page: Page):
    demo = DemoPage(browser_page, own_service.url).open()
    demo.radio(demo.next_card(), 4).click()
    demo.expect_personal_from(1)
    expect(demo.cards).to_have_count(6)
    own_service.kill()
    try:
        rated = expect_two_more_ratings_are_kept(demo)
        browser_page.goto("about:blank")
    finally:
        own_service.start()
    browser_page.goto(own_service.url)
    demo.expect_personal_from(3)
    demo.open_answers()
    assert set(rated) <= set(demo.titles(demo.ratings))
    with own_service.client() as client:
        demo.expect_what_the_service_says(client)


@pytest.mark.parametrize("seconds", ["600", "3000000"])
def test_a_service_that_asks_to_wait_is_not_hurried(
    own_service: Service, browser_page: Page, seconds: str
):
    demo = DemoPage(browser_page, own_service.url).open()
    tries: list[str] = []

    def refuse(route: Route) -> None:
        tries.append(route.request.method)
        route.fulfill(
            status=503,
            headers={"Retry-After": seconds, "Content-Type": "application/problem+json"},
            body='{"status": 503, "code": "store_unavailable", "detail": "The store rests."}',
        )

    browser_page.route("**/feedback", refuse)
    demo.radio(demo.next_card(), 4).click()
    expect(demo.status).to_contain_text("The service is taking a break.")
    expect(demo.status).not_to_contain_text("store")
    demo.radio(demo.next_card(), 4).click()
    expect(demo.status).to_contain_text("2 changes")
    browser_page.wait_for_timeout(1_500)
    assert tries == ["POST"]
    browser_page.unroute("**/feedback")
    demo.status.get_by_role("button", name="Retry now").click()
    demo.expect_personal_from(2)


def test_an_answer_outlives_a_hotels_login_page(own_service: Service, browser_page: Page):
    demo = DemoPage(browser_page, own_service.url).open()
    browser_page.route(
        "**/feedback",
        lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Log in</h1>"),
    )
    demo.radio(demo.next_card(), 4).click()
    expect(demo.status).to_contain_text("1 change of yours is kept")
    browser_page.unroute("**/feedback")
    demo.status.get_by_role("button", name="Retry now").click()
    demo.expect_personal_from(1)


FULL = """() => {
    for (let size = 1 << 20, at = 0; size >= 1; at += 1) {
        try {
            localStorage.setItem(`other.${at}`, "x".repeat(size));
        } catch {
            size >>= 1;
        }
    }
}"""


def test_nothing_is_lost_when_the_browser_has_no_room_left(
    own_service: Service, browser_page: Page
):
    demo = DemoPage(browser_page, own_service.url).open()
    browser_page.route("**/feedback", lambda route: route.abort())
    demo.radio(demo.next_card(), 5).click()
    expect(demo.status).to_contain_text("1 change")
    browser_page.evaluate(FULL)
    demo.radio(demo.next_card(), 1).click()
    expect(demo.status).to_contain_text("2 changes")
    browser_page.unroute("**/feedback")
    demo.status.get_by_role("button", name="Retry now").click()
    demo.expect_personal_from(2)
    with own_service.client() as client:
        stored = client.get(f"/users/{demo.user_id}/feedback").json()["items"]
    assert [one["rating"] for one in stored] == [1, 5]


def test_an_answer_that_is_refused_is_explained_and_not_kept(
    own_service: Service, browser_page: Page
):
    demo = DemoPage(browser_page, own_service.url).open()
    detail = "Event 0: there is no item 'x'. Nothing was stored."
    browser_page.route(
        "**/feedback",
        lambda route: route.fulfill(status=422, json={"code": "unknown_item", "detail": detail}),
    )
    demo.radio(demo.next_card(), 4).click()
    expect(demo.status).to_contain_text("no longer in the catalogue, so your answer was not kept")
    expect(demo.status).not_to_contain_text("Event 0")
    browser_page.unroute("**/feedback")
    demo.status.get_by_role("button", name="Dismiss").click()
    expect(demo.status).to_be_empty()
    with own_service.client() as client:
        assert client.get(f"/users/{demo.user_id}/feedback").json()["items"] == []
    expect(demo.ratings).to_have_count(0)
    expect(demo.open_cards).to_have_count(6)
