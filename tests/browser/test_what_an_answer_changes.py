"""Whatever is answered changes something that can be seen, and the page says what and why."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

NOTHING = "The list stays as it was."


@pytest.fixture
def new_demo(service: Service, browser_page: Page) -> Iterator[Callable[[], DemoPage]]:
    browser = browser_page.context.browser
    assert browser is not None
    contexts = []

    def opened() -> DemoPage:
        contexts.append(browser.new_context())
        return DemoPage(contexts[-1].new_page(), service.url).open()

    yield opened
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.mark.parametrize("place", range(6))
def test_the_first_answer_whatever_it_is(new_demo: Callable[[], DemoPage], place: int):
    demo = new_demo()
    for rating in range(1, 6):
        if rating > 1:
            demo.open_as_another()
        before = demo.ranking()
        card = demo.cards.nth(place)
        title = card.locator("h3").inner_text()

        with demo.answered():
            demo.radio(card, rating).click()

        expect(demo.what).to_contain_text("★" * rating + "☆" * (5 - rating) + f" {title}:")
        expect(demo.what).not_to_contain_text(NOTHING)
        expect(demo.why).to_contain_text(".")
        expect(demo.page.locator("#slope")).to_have_class("slope compared")
        assert demo.ranking() != before


def test_the_picture_shows_what_rose_came_and_left(
    new_demo: Callable[[], DemoPage], service: Service
):
    demo = new_demo()
    before = demo.ids(demo.ten)
    # Of somebody who loves horror.
    card = demo.cards.filter(has_text="Horror").first
    with demo.answered():
        demo.radio(card, 5).click()

    expect(demo.page.locator('#ten [data-kind="new"]')).not_to_have_count(0)
    now = demo.ids(demo.ten)
    kinds = {
        one.get_attribute("data-item"): one.get_attribute("data-kind") for one in demo.ten.all()
    }
    expected = {
        item: "new"
        if item not in before
        else ("same", "up", "down")[(before.index(item) > place) - (before.index(item) < place)]
        for place, item in enumerate(now)
    }
    assert kinds == expected
    gone = [place for place, item in enumerate(before) if item not in now]
    struck = demo.page.locator("#was > li")
    assert [
        place for place, one in enumerate(struck.all()) if one.get_attribute("class") == "gone"
    ] == gone
    lines = demo.page.locator("#lines path")
    expect(lines).to_have_count(10 + len(gone))
    # A screen reader hears the same.
    expect(demo.page.locator("#change-announced")).to_contain_text("New: ")
    expect(demo.page.locator("#change-announced")).to_contain_text("Left: ")
    with service.client() as client:
        demo.expect_what_the_service_says(client)


def test_why_is_what_the_service_computed(new_demo: Callable[[], DemoPage]):
    demo = new_demo()
    card = demo.cards.filter(has_text="Horror").first
    title = card.locator("h3").inner_text()

    with demo.answered():
        demo.radio(card, 5).click()

    expect(demo.why).to_contain_text(f"because you loved {title}.")
    expect(demo.most.first.locator(".reason")).to_contain_text(f"You loved {title}")


def test_what_was_not_seen_is_a_reason_too(new_demo: Callable[[], DemoPage]):
    demo = new_demo()
    card = demo.cards.filter(has_text="Horror").first
    title = card.locator("h3").inner_text()

    with demo.answered():
        card.get_by_role("button", name="Not seen").click()

    reasons = demo.best.locator(".reason")
    expect(reasons.filter(has_text=re.compile(f"^You haven.t seen {title}$"))).not_to_have_count(0)


def test_who_only_picked_from_a_screen_is_told_why(
    new_demo: Callable[[], DemoPage], client: httpx.Client
):
    demo = new_demo()
    # 0 to 29 are comedies.
    screen = {"shown": ["1", "2", "30", "31"], "picked": ["30"]}
    client.post(f"/users/{demo.user_id}/feedback", json=screen).raise_for_status()

    demo.reload()

    reasons = demo.best.locator(".reason")
    expect(reasons.filter(has_text="You picked Horror Night 30")).not_to_have_count(0)
    expect(reasons.filter(has_text="you passed over")).not_to_have_count(0)


def test_undo_takes_the_last_answer_back_and_asks_again(
    new_demo: Callable[[], DemoPage], client: httpx.Client
):
    demo = new_demo()
    before = demo.ids(demo.ten)
    item_id = demo.answer(1)
    demo.expect_personal_from(1)

    with demo.answered():
        demo.undo.get_by_role("button", name="Undo").click()

    demo.expect_everybodys()
    assert demo.ids(demo.ten) == before
    assert item_id in demo.ids(demo.cards)
    assert client.get(f"/users/{demo.user_id}/feedback").json()["items"] == []


def test_undo_by_keyboard_brings_back_the_answer_before(new_demo: Callable[[], DemoPage]):
    demo = new_demo()
    demo.answer(5)
    demo.open_answers()
    row = demo.ratings.first
    with demo.answered():
        demo.radio(row, 2).click()
    expect(demo.radio(row, 2)).to_be_checked()

    with demo.answered():
        demo.page.keyboard.press("Control+z")

    expect(demo.radio(row, 5)).to_be_checked()
    expect(demo.undo).to_be_empty()


def test_the_offer_to_undo_ends_after_six_seconds(new_demo: Callable[[], DemoPage]):
    demo = new_demo()
    demo.answer(5)
    expect(demo.undo).to_contain_text("★★★★★")

    expect(demo.undo).to_be_empty(timeout=8_000)


def test_progress_comes_from_the_service_and_says_when_it_is_enough(
    new_demo: Callable[[], DemoPage], client: httpx.Client
):
    demo = new_demo()
    said, meter = demo.page.locator("#progress-said"), demo.page.locator("#meter")
    expect(said).to_have_text("Your first answer makes the list yours.")

    demo.answer(5)

    progress = client.get("/onboarding/items", params={"user_id": demo.user_id}).json()["progress"]
    expect(meter).to_have_attribute(
        "aria-valuetext", f"{round(100 * progress['certainty'])} % of what answers can tell"
    )
    demo.page.route(
        "**/onboarding/items?*",
        lambda route: route.fulfill(
            json=(body := route.fetch().json()) | {"progress": body["progress"] | {"enough": True}}
        ),
    )
    demo.answer(4)
    expect(said).to_contain_text("That is enough: the list is yours.")
    expect(said.get_by_role("link")).to_have_attribute("href", "#most")
