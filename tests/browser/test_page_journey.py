"""A new visitor's way through the demo page, in a real browser."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(service: Service, browser_page: Page) -> Iterator[DemoPage]:
    page = DemoPage(browser_page, service.url)
    yield page
    assert page.errors == []


@pytest.fixture
def new_demo(service: Service, browser_page: Page) -> Iterator[Callable[[], DemoPage]]:
    """Pages of other visitors, each in a browser profile of its own."""
    browser = browser_page.context.browser
    assert browser is not None
    contexts = []

    def opened() -> DemoPage:
        contexts.append(browser.new_context())
        return DemoPage(contexts[-1].new_page(), service.url)

    yield opened
    for context in contexts:
        context.close()


def test_from_everybodys_to_ones_own_and_back(demo: DemoPage, client: httpx.Client):
    page = demo.open().page
    demo.expect_everybodys()
    expect(demo.heading).to_have_text("What everybody gets")
    prior = demo.ranking()
    visitor = demo.user_id

    # Three by mouse: only the answered card makes room.
    for count, rating in enumerate([5, 1, 4], start=1):
        card, others = demo.next_card(), demo.titles(demo.cards)[count:]
        with demo.answered():
            demo.radio(card, rating).click()
        demo.expect_personal_from(count)
        expect(card).to_have_count(0)
        expect(demo.cards).to_have_count(6)
        assert demo.titles(demo.cards)[count:] == others
    expect(demo.heading).to_have_text("Your ten")
    expect(page.locator("#ratings-count")).to_have_text("3")

    # Two by keyboard: arrows choose, Enter rates, and the focus waits in the next card.
    demo.radio(demo.open_cards.first, 1).focus()
    for count, presses in [(4, 4), (5, 2)]:
        card = page.locator("#candidates > li:focus-within")
        item_id = card.get_attribute("data-item")
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
        expect(demo.ratings).to_have_count(count - 1)
        page.keyboard.press("Enter")
        demo.expect_personal_from(count)
        expect(page.locator(f'#candidates > li[data-item="{item_id}"]')).to_have_count(0)
        expect(card).to_have_count(1)
        expect(demo.radio(card, 1)).to_be_focused()
    given = client.get(f"/users/{visitor}/feedback").json()["items"]
    assert sorted(one["rating"] for one in given) == [1, 3, 4, 5, 5]
    assert {one["source"] for one in given} == {"onboarding"}

    # "Not seen" makes room too, and is no rating.
    card = demo.next_card()
    title = card.locator("h3").inner_text()
    card.get_by_role("button", name="Not seen").click()
    expect(card).to_have_count(0)
    demo.expect_personal_from(5)
    demo.open_answers()
    page.locator("#unseen-fold summary").click()
    expect(page.locator("#unseen > li .title")).to_have_text(title)

    # Name something known: here, the first of the ranking, which then leaves it.
    demo.expect_what_the_service_says(client)
    found = demo.titles(demo.ten)[0]
    demo.query.fill(found)
    expect(demo.results.first.locator(".title")).to_have_text(found)
    page.keyboard.press("ArrowDown")
    expect(demo.query).to_have_attribute("aria-activedescendant", "result-0")
    page.keyboard.press("Enter")
    page.keyboard.press("5")
    expect(demo.results.first).to_contain_text("★★★★★")
    expect(demo.query).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#results")).to_be_hidden()
    demo.expect_personal_from(6)
    expect(demo.ten.get_by_text(found, exact=True)).to_have_count(0)
    assert demo.ranking() != prior
    assert set(demo.ids(demo.ratings)).isdisjoint(demo.ids(demo.ten))
    demo.expect_what_the_service_says(client)

    # Another visit of the same visitor.
    demo.reload()
    demo.expect_personal_from(6)
    assert demo.user_id == visitor
    expect(demo.most).not_to_have_count(0)

    # Change one's mind, and take an answer back.
    demo.open_answers()
    row = demo.ratings.filter(has_text=found)
    with demo.answered():
        demo.radio(row, 2).click()
    expect(demo.radio(row, 2)).to_be_checked()
    with demo.answered():
        row.get_by_role("button", name="Remove").click()
    demo.expect_personal_from(5)
    demo.expect_what_the_service_says(client)

    # Start over: nothing of the visitor is left, and the list is everybody's again.
    page.get_by_role("button", name="Start over", exact=True).click()
    page.get_by_role("button", name="Erase and start over").click()
    demo.expect_everybodys()
    expect(demo.cards).to_have_count(6)
    expect(demo.most).to_have_count(0)
    assert demo.ranking() == prior
    assert demo.user_id != visitor
    assert client.get(f"/users/{visitor}").status_code == 404


def test_not_seen_alone_is_personal_too(demo: DemoPage):
    demo.open()
    card = demo.next_card()
    title = card.locator("h3").inner_text()

    with demo.answered():
        card.get_by_role("button", name="Not seen").click()

    expect(demo.heading).to_have_attribute("data-strategy", "adapted")
    expect(demo.what).to_contain_text(f"Not seen {title}:")
    expect(demo.ratings).to_have_count(0)


def test_what_is_named_and_loved_brings_questions_about_its_like(
    demo: DemoPage, client: httpx.Client
):
    page = demo.open().page
    before = demo.titles(demo.cards)
    named = client.get("/items/45").json()
    assert named["attributes"]["genre"] == ["horror"]
    demo.query.fill(named["title"])
    expect(demo.results.first.locator(".title")).to_have_text(named["title"])

    demo.radio(demo.results.first, 5).click()

    expect(page.locator("#candidates-near")).to_contain_text(f"More like {named['title']}")
    expect(demo.cards).to_have_count(6)
    expect(demo.cards.filter(has_text=before[0])).to_have_count(0)
    shown = [card.get_attribute("data-item") for card in demo.cards.all()]
    alike = [item for item in shown if item and int(item) >= 30]
    assert len(alike) >= 5
    assert named["item_id"] not in shown


def test_two_who_answer_oppositely_are_asked_other_questions(
    demo: DemoPage, new_demo: Callable[[], DemoPage]
):
    asked = []
    for one, rating in ((demo, 5), (new_demo(), 1)):
        one.open()
        for _ in range(4):
            card = one.next_card()
            with one.answered():
                one.radio(card, rating).click()
            expect(card).to_have_count(0)
            expect(one.cards).to_have_count(6)
        asked.append(one.titles(one.cards))

    assert set(asked[0]) != set(asked[1])


def test_a_model_without_relevance_has_the_same_page(
    bundle_of: Callable[[str], Path], tmp_path: Path, browser_page: Page
):
    service = Service(bundle_of("melu"), tmp_path).start()
    try:
        demo = DemoPage(browser_page, service.url).open()
        expect(browser_page.locator("#most")).to_be_hidden()
        demo.answer(5)
        demo.answer(1)
        demo.expect_personal_from(2)
        expect(browser_page.locator("#progress-said")).to_contain_text("2 answers so far")
        expect(demo.best.first.locator(".badge")).to_have_text(re.compile(r"^★ [1-5]\.\d$"))
        for section, drawn in (("learnt", "#taste tbody tr"), ("twin", "#twins ol")):
            browser_page.locator(f"#{section}").scroll_into_view_if_needed()
            expect(browser_page.locator(drawn)).not_to_have_count(0)
        assert demo.errors == []
    finally:
        service.stop()


def test_ratings_in_quick_succession_all_count(demo: DemoPage, client: httpx.Client):
    demo.open()
    cards = demo.cards.all()
    for card, rating in zip(cards[:5], [5, 4, 1, 2, 5], strict=True):
        demo.radio(card, rating).dispatch_event("click")
    demo.expect_personal_from(5)
    demo.expect_what_the_service_says(client)


def test_an_older_search_never_overwrites_a_newer_one(demo: DemoPage, client: httpx.Client):
    titles = [item["title"] for item in client.get("/items", params={"limit": 2}).json()["items"]]
    page = demo.open().page
    held: list[Route] = []
    page.route(lambda url: "query=" in url and not held, lambda route: held.append(route))
    with page.expect_request("**/items?query=*"):
        demo.query.fill(titles[0])
    demo.query.fill(titles[1])
    expect(demo.results.first.locator(".title")).to_have_text(titles[1])
    with contextlib.suppress(Error):  # the page may have given it up already
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(demo.results.first.locator(".title")).to_have_text(titles[1])


def test_a_title_is_text_whatever_it_holds(demo: DemoPage):
    page = demo.open().page
    title = "<img src=x onerror=alert(1)> & <b>bold</b>"
    body = {"items": [{"item_id": "x", "title": title, "attributes": {}}], "next_cursor": None}
    page.route("**/items?query=*", lambda route: route.fulfill(body=json.dumps(body)))
    demo.query.fill("anything")
    expect(demo.results.locator(".title")).to_have_text(title)
    expect(page.locator("#results img, #results b")).to_have_count(0)


def test_the_profile_form_is_made_from_the_model(demo: DemoPage, client: httpx.Client):
    page = demo.open().page
    features = client.get("/model").json()["user_features"]
    page.get_by_text("About you").click()
    fields = page.locator("#profile-fields .field")
    expect(fields).to_have_count(len(features))
    expected = {}
    for field, (name, feature) in zip(fields.all(), features.items(), strict=True):
        if feature["kind"] == "number":
            expected[name] = feature["maximum"] + 1
            field.locator("input").fill(str(expected[name]))
        elif "values" in feature:
            expected[name] = feature["values"][0]
            field.locator("select").select_option(expected[name])
    with demo.answered():
        page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile-said")).to_contain_text("Saved.")
    expect(page.locator("#profile-said .warning")).to_contain_text("we take the nearest")
    assert client.get(f"/users/{demo.user_id}").json()["attributes"] == expected

    page.reload()
    expect(demo.ten).to_have_count(10)
    page.get_by_text("About you").click()
    number = page.locator("#profile-fields input[type=number]").first
    expect(number).not_to_have_value("")


@pytest.mark.parametrize("age", ["-5", "999", "1000000000"])
def test_an_age_that_nobody_has_is_refused_beside_the_field(
    demo: DemoPage, client: httpx.Client, age: str
):
    page = demo.open().page
    page.get_by_text("About you").click()
    field = page.locator("#profile-fields input[type=number]").first
    field.fill(age)

    page.get_by_role("button", name="Save").click()

    complaint = page.locator("#profile-fields .complaint")
    expect(complaint).to_contain_text("Please give a number from 0 to")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert client.get(f"/users/{demo.user_id}").status_code == 404
    field.fill("30")
    expect(complaint).to_be_hidden()


def test_a_feature_without_choices_is_a_field_for_text(demo: DemoPage, client: httpx.Client):
    model = client.get("/model").json()
    model["user_features"]["city"]["values"] = []
    demo.page.route("**/model", lambda route: route.fulfill(json=model))
    page = demo.open().page
    page.get_by_text("About you").click()

    city = page.get_by_label("City")
    city.fill("Bern")
    with demo.answered():
        page.get_by_role("button", name="Save").click()

    expect(page.locator("#profile-said")).to_contain_text("City: we have not met this before")


def test_on_a_small_phone_nothing_scrolls_sideways(demo: DemoPage):
    page = demo.page
    page.set_viewport_size({"width": 360, "height": 740})
    demo.open().expect_no_sideways_scrolling()
    demo.radio(demo.next_card(), 4).click()
    demo.expect_personal_from(1)
    page.get_by_text("About you").click()
    demo.expect_no_sideways_scrolling()
    demo.query.fill(demo.titles(demo.ten)[0][:3])
    expect(demo.results).not_to_have_count(0)
    demo.expect_no_sideways_scrolling()


def test_every_control_has_a_name_and_is_reached_by_tab(demo: DemoPage):
    page = demo.open().page
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [role=radiogroup]")]
            .filter((one) => !one.closest("dialog"))
            .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    demo.open_answers()
    page.locator(".skip").focus()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[data-item]')?.dataset.item"))
        reached.add(page.evaluate("document.activeElement.id"))
    cards = set(demo.ids(demo.cards)) | set(demo.ids(demo.best)[:3])
    assert reached >= cards | {"query", "start-over"}
