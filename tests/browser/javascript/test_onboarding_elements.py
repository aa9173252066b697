"""`melu-onboarding` in a real browser, under the policy of our pages."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.javascript.elements import put, stored, titles
from tests.running import Service, wait_for

pytestmark = pytest.mark.browser


def test_questions_are_answered_by_keyboard_and_the_list_follows(page: Page, http: httpx.Client):
    put(
        page,
        """<melu-onboarding user-id="keyboard" limit="2">
             <h2 slot="heading">You?</h2>
           </melu-onboarding>
           <melu-recommendations user-id="keyboard" limit="4"></melu-recommendations>""",
    )
    cards = page.locator("melu-onboarding [part=card]")
    expect(cards).to_have_count(2)
    listed = page.locator("melu-recommendations [part=item]")
    expect(listed).to_have_count(4)
    expect(page.get_by_text("You?")).to_be_visible()
    first, second = titles(cards)

    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("group", name=f"Rate {first}").get_by_label("5 of 5")).to_be_focused()
    page.keyboard.press("Enter")

    expect(cards).to_have_count(1)
    # Focus has gone on to the next question.
    expect(page.get_by_role("group", name=f"Rate {second}").get_by_label("1 of 5")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.get_by_role("group", name=f"Rate {second}")).to_have_count(0)
    answers = {
        one.get("rating", one.get("action")): one["source"] for one in stored(http, "keyboard")
    }
    assert answers == {5.0: "onboarding", "unseen": "onboarding"}
    expect(cards).to_have_count(2)
    best = http.get("/users/keyboard/recommendations?limit=4").json()
    assert best["strategy"] == "adapted"
    expect(listed.locator("[part=title]")).to_have_text([one["title"] for one in best["items"]])


def test_a_grid_a_pair_and_groups(page: Page, http: httpx.Client):
    put(page, '<melu-onboarding user-id="screen" mode="grid" limit="6"></melu-onboarding>')
    element = page.locator("melu-onboarding")
    cards = element.locator("[part=card]")
    expect(cards).to_have_count(6)
    picked = titles(cards)[2]
    cards.nth(2).click()
    expect(cards.nth(2)).to_have_attribute("aria-pressed", "true")
    element.get_by_role("button", name="Continue").click()
    wait_for(lambda: len(stored(http, "screen")) == 6, "the screen")
    (kept,) = [one for one in stored(http, "screen") if one["action"] == "picked"]
    assert http.get(f"/items/{kept['item_id']}").json()["title"] == picked

    element.evaluate("element => element.setAttribute('mode', 'pair')")
    expect(cards).to_have_count(2)
    pair = titles(cards)
    element.get_by_role("button", name=re.compile("say$")).click()
    expect(cards.first.locator("[part=title]")).not_to_have_text(pair[0])
    preferred = titles(cards)[1]
    cards.nth(1).click()
    wait_for(lambda: "preferred" in stored(http, "screen")[0], "the comparison")
    item_id = stored(http, "screen")[0]["preferred"]
    assert http.get(f"/items/{item_id}").json()["title"] == preferred

    element.evaluate("element => element.setAttribute('mode', 'groups')")
    expect(element.get_by_role("button", name="Continue")).to_be_visible()
    label = titles(cards)[0]
    cards.first.click()
    element.get_by_role("button", name="Continue").click()
    wait_for(lambda: "points" in stored(http, "screen")[0], "the groups")
    liked = [one for one in stored(http, "screen") if one.get("points") == 1]
    assert len(liked) == 1
    assert label


def test_parts_and_slots_are_the_pages_own(page: Page):
    put(
        page,
        """<melu-onboarding user-id="style" mode="groups">
             <b slot="done">Fertig</b>
           </melu-onboarding>""",
    )
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("melu-onboarding::part(card) { color: rgb(1, 2, 3) }");
            document.adoptedStyleSheets = [sheet];
            document.querySelector("melu-onboarding").words = { next: "Weiter" };
        }"""
    )
    expect(page.locator("[part=card]").first).to_have_css("color", "rgb(1, 2, 3)")

    page.get_by_role("button", name="Weiter").click()

    expect(page.get_by_text("Fertig")).to_be_visible()


def test_an_answer_given_without_a_network_is_not_lost(page: Page, http: httpx.Client):
    put(page, '<melu-onboarding user-id="shaky" limit="1"></melu-onboarding>')
    card = page.locator("melu-onboarding [part=card]")
    expect(card).to_have_count(1)
    asked = titles(card)
    page.context.set_offline(True)

    card.get_by_label("4 of 5").click()

    expect(page.get_by_role("status")).to_contain_text("be reached", timeout=30_000)
    assert stored(http, "shaky") == []
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(card.locator("[part=title]")).not_to_have_text(asked[0])
    assert [one["rating"] for one in stored(http, "shaky")] == [4.0]
    expect(page.get_by_role("status")).to_be_empty()


def test_half_stars_reach_the_best(page_of_half_stars: Page, half_stars: Service):
    put(page_of_half_stars, '<melu-onboarding user-id="half" limit="1"></melu-onboarding>')
    card = page_of_half_stars.locator("melu-onboarding [part=card]")
    expect(card.locator("[part~=star]")).to_have_text(
        ["0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"]
    )
    expect(card.locator("[part=attributes]")).not_to_contain_text("pictures.example")
    asked = titles(card)

    card.get_by_label("5 of 5", exact=True).click()

    expect(card.locator("[part=title]")).not_to_have_text(asked[0])
    with half_stars.client() as http:
        assert [one["rating"] for one in stored(http, "half")] == [5.0]
