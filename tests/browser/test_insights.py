"""What stands further down: taste, what one answer did, the opposite, the calls, the numbers."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(service: Service, browser_page: Page) -> Iterator[DemoPage]:
    page = DemoPage(browser_page, service.url).open()
    item_id = page.cards.filter(has_text="Horror").first.get_attribute("data-item")
    card = page.page.locator(f'#candidates > li[data-item="{item_id}"]')
    with page.answered():
        page.radio(card, 5).click()
    expect(card).to_have_count(0)
    yield page
    assert page.errors == []


def ids_for(client: httpx.Client, **body: object) -> list[str]:
    answer = client.post("/recommendations", json=body).json()
    return [item["item_id"] for item in answer["items"]]


def test_the_taste_is_the_share_of_what_one_would_pick(demo: DemoPage, client: httpx.Client):
    demo.page.locator("#learnt").scroll_into_view_if_needed()
    rows = demo.page.locator("#taste tbody tr")
    expect(rows).to_have_count(2)
    path = f"/users/{demo.user_id}/recommendations"
    mine = client.get(path, params={"limit": 200, "exclude_seen": "false"}).json()["items"]
    weight = sum(item["relevance"] for item in mine)
    horror = sum(item["relevance"] for item in mine if item["attributes"]["genre"] == ["horror"])

    row = rows.filter(has_text="horror")
    expect(row.locator("td:not(.axis)").first).to_have_text(str(round(100 * horror / weight)))
    assert horror / weight > 0.6
    # The largest gain comes first.
    expect(rows.first.locator("th")).to_have_text("horror")
    demo.page.locator("#taste").get_by_role("button", name="Year").click()
    expect(rows.first.locator("th")).to_have_text(re.compile(r"^19\d0s$"))


def test_the_list_without_one_answer_is_asked_for_and_nothing_is_stored(
    demo: DemoPage, client: httpx.Client
):
    page = demo.page
    first = demo.page.locator("#what-if-answers .chip").get_attribute("data-item")
    other = demo.answer(1)
    version = client.get(f"/users/{demo.user_id}").json()["support_version"]
    chip = page.locator(f'#what-if-answers .chip[data-item="{first}"]')
    chip.click()

    said = page.locator("#what-if-said")
    expect(said.locator("p")).to_contain_text("Without ")
    without = ids_for(
        client,
        feedback=[{"item_id": other, "rating": 1, "source": "onboarding"}],
        limit=24,
    )
    expected = [item for item in without if item != first][:10]
    shown = said.locator(".ten > li")
    expect(shown).to_have_count(10)
    assert demo.ids(shown) == expected
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert client.get(f"/users/{demo.user_id}").json()["support_version"] == version

    chip.click()
    expect(said).to_be_empty()


def test_the_opposite_is_what_the_mirrored_answers_give(demo: DemoPage, client: httpx.Client):
    page = demo.page
    page.locator("#twin").scroll_into_view_if_needed()
    lists = page.locator("#twins ol")
    expect(lists).to_have_count(2)
    given = client.get(f"/users/{demo.user_id}/feedback").json()["items"]
    mirrored = [
        {"item_id": one["item_id"], "rating": 6 - one["rating"], "source": one["source"]}
        for one in given
    ]
    titles = {
        item["item_id"]: item["title"] for item in client.get("/items?limit=100").json()["items"]
    }

    expected = [titles[one] for one in ids_for(client, feedback=mirrored, limit=10)]

    expect(lists.nth(1).locator(".title")).to_have_text(expected)
    expect(lists.nth(0).locator(".title")).to_have_text(demo.titles(demo.ten))
    shared = len(set(expected) & set(demo.titles(demo.ten)))
    expect(page.locator("#twin-said")).to_contain_text("Not one" if not shared else str(shared))


@pytest.mark.parametrize("language", ["JavaScript", "Python", "curl"])
def test_the_calls_are_those_that_the_page_made(demo: DemoPage, language: str):
    page = demo.page
    page.locator("#build").scroll_into_view_if_needed()
    page.get_by_role("tab", name=language).click()

    program = page.locator("#program")
    expect(program).to_contain_text(demo.user_id)
    expect(program).to_contain_text("recommendations")
    expect(program).to_contain_text("onboarding")
    given = demo.page.locator("#what-if-answers .chip").first.get_attribute("data-item")
    expect(program).to_contain_text(re.compile(rf'"item_id": ?"{given}"'))
    page.get_by_text("the list ·").click()
    answer = page.locator("#calls details[open] pre")
    expect(answer).to_contain_text('"strategy": "adapted"')


def test_the_calls_run_as_they_stand(demo: DemoPage, monkeypatch: pytest.MonkeyPatch):
    page = demo.page
    page.locator("#build").scroll_into_view_if_needed()
    page.get_by_role("tab", name="Python").click()
    text = page.locator("#program").inner_text()
    names: dict[str, object] = {}
    monkeypatch.syspath_prepend(ROOT / "clients/python")

    exec(text, names)

    items = names["items"]
    assert isinstance(items, list)
    assert [item["item_id"] for item in items[:10]] == demo.ids(demo.ten)


def test_what_is_measured_is_measured_here(demo: DemoPage):
    figures = demo.page.locator("#measured .figure")
    expect(figures.filter(has_text="from your click to the new list").locator("dd")).to_have_text(
        re.compile(r"^\d[\d,]* ms$")
    )
    expect(demo.page.locator("#promise")).to_contain_text(re.compile(r"in about [\d.]+ ms"))
    demo.answer(1)
    expect(demo.page.locator("#measured .gains rect")).to_have_count(3)


def test_all_is_drawn_once_somebody_answers_no_more(demo: DemoPage):
    """A picture of the whole page, which nobody scrolled through, shows no empty places."""
    for drawn in ("#taste tbody tr", "#twins ol", "#calls pre"):
        expect(demo.page.locator(drawn)).not_to_have_count(0)
    assert demo.page.evaluate("scrollY") == 0
    before = demo.page.locator("#twins").inner_text()
    demo.answer(1)
    expect(demo.page.locator("#twins")).not_to_have_text(before, use_inner_text=True)


def test_before_the_first_answer_each_says_what_will_be_there(service: Service, browser_page: Page):
    demo = DemoPage(browser_page, service.url).open()
    for section, text in (
        ("#learnt", "your taste is drawn here"),
        ("#twin", "your opposite stands here"),
        ("#most", "what your answers move up most will stand here"),
    ):
        expect(demo.page.locator(section)).to_contain_text(text)
