"""The two shelves: reasons, answers in place, filters, and more."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

PICTURES = "https://pictures.example"


@pytest.fixture
def demo(service: Service, browser_page: Page) -> Iterator[DemoPage]:
    page = DemoPage(browser_page, service.url).open()
    page.answer(5)
    yield page
    assert page.errors == []


def test_most_you_is_the_list_by_lift(demo: DemoPage, client: httpx.Client):
    path = f"/users/{demo.user_id}/recommendations"
    items = client.get(path, params={"limit": 7, "order": "lift"}).json()["items"]
    risen = [item["item_id"] for item in items if item["lift"] > 0.0005]

    expect(demo.most).to_have_count(len(risen))
    assert demo.ids(demo.most) == risen
    points = max(1, round(100 * items[0]["lift"]))
    expect(demo.most.first.locator(".badge")).to_have_text(re.compile(rf"^\+{points} point"))


@pytest.mark.parametrize(
    ("name", "stored"),
    [("Loved", {"rating": 5}), ("Not for me", {"rating": 1}), ("Seen", {"action": "skip"})],
)
def test_a_tile_is_answered_in_place(
    demo: DemoPage, client: httpx.Client, name: str, stored: dict[str, object]
):
    tile = demo.best.nth(2)
    item_id = tile.get_attribute("data-item")
    tile.hover()

    with demo.answered():
        tile.get_by_role("button", name=name).click()

    expect(demo.page.locator(f'#best-tiles > li[data-item="{item_id}"]')).to_have_count(0)
    given = client.get(f"/users/{demo.user_id}/feedback").json()["items"][0]
    assert given["item_id"] == item_id
    assert given.items() >= stored.items()
    demo.expect_what_the_service_says(client)


def test_the_focus_stays_on_the_shelf_when_a_tile_goes(demo: DemoPage):
    tile = demo.best.nth(2)
    item_id = tile.get_attribute("data-item")
    tile.get_by_role("button", name="Loved").focus()

    with demo.answered():
        demo.page.keyboard.press("Enter")

    expect(demo.page.locator(f'#best-tiles > li[data-item="{item_id}"]')).to_have_count(0)
    assert demo.page.evaluate("document.activeElement.closest('#best-tiles > li') !== null")


def test_filters_are_made_from_the_model(demo: DemoPage, client: httpx.Client):
    page = demo.page
    model = client.get("/model").json()
    chips = page.locator("#filters .chip[data-filter^='genre:']")
    expect(chips).to_have_text(model["item_features"]["genre"]["values"])
    ten = demo.ids(demo.ten)

    chips.filter(has_text="horror").click()
    page.get_by_label("Year from").fill("1960")
    page.get_by_label("Year to").fill("1979")

    path = f"/users/{demo.user_id}/recommendations"
    query = {"limit": 28, "filter": ["genre:horror", "year:1960..1979"]}
    expected = [item["item_id"] for item in client.get(path, params=query).json()["items"]]
    assert expected
    expect(demo.best).to_have_count(min(14, len(expected)))
    expect(demo.best.first).to_have_attribute("data-item", expected[0])
    # What everybody compares with stays whole.
    assert demo.ids(demo.ten) == ten

    page.get_by_role("button", name="Clear filters").click()
    expect(demo.best.first).to_have_attribute("data-item", ten[0])
    expect(chips.filter(has_text="horror")).to_have_attribute("aria-pressed", "false")


def test_nothing_fits_is_said(demo: DemoPage):
    demo.page.get_by_label("Year from").fill("2400")

    expect(demo.best).to_have_count(0)
    expect(demo.page.locator("#best-empty")).to_have_text("No films fit these filters.")


def test_a_surprising_list_is_another(demo: DemoPage):
    before = demo.ids(demo.best)
    slider = demo.page.get_by_role("slider", name="From safe to surprising")
    slider.focus()

    with demo.page.expect_response(lambda answer: "diversity=1" in answer.url) as answered:
        demo.page.keyboard.press("End")

    assert answered.value.ok
    assert "explore=0.2" in answered.value.url
    items = [item["item_id"] for item in answered.value.json()["items"]]
    expect(demo.best.nth(1)).to_have_attribute("data-item", items[1])
    assert demo.ids(demo.best) != before


def test_more_comes_by_cursor_and_repeats_nothing(demo: DemoPage):
    page = demo.page
    more = page.locator("#more")
    more.click()
    expect(demo.best).to_have_count(28)
    with page.expect_response(lambda answer: "cursor=" in answer.url) as answered:
        more.click()
    assert answered.value.ok
    expect(demo.best).to_have_count(42)
    ids = demo.ids(demo.best)
    assert len(set(ids)) == 42
    # As many stay after the next answer.
    demo.answer(1)
    expect(demo.best).to_have_count(42)
    more.click()
    more.click()
    expect(more).to_be_hidden()
    expect(page.locator("#best-empty")).to_have_text("That is all.")


def test_covers_are_the_same_every_time_and_differ(demo: DemoPage):
    read = """() => [...document.querySelectorAll("#best-tiles > li")].map((one) =>
        [one.dataset.item, one.querySelector("svg").outerHTML.replaceAll(/cover-\\d+/g, "")])"""
    first = dict(demo.page.evaluate(read))
    demo.reload()
    expect(demo.most).not_to_have_count(0)

    again = dict(demo.page.evaluate(read))

    assert again == first
    assert len(set(first.values())) == len(first)
    assert sum(map(len, first.values())) / len(first) < 2_500


def give_pictures(page: Page) -> None:
    """Let each item of a list have a picture elsewhere, and that place answer."""

    def with_pictures(route: Route) -> None:
        body = route.fetch().json()
        for item in body["items"]:
            item["attributes"]["image_url"] = f"{PICTURES}/{item['item_id']}.svg"
        route.fulfill(json=body)

    page.route("**/recommendations?limit=*", with_pictures)
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="3"/>'
    page.route(
        f"{PICTURES}/*", lambda route: route.fulfill(body=picture, content_type="image/svg+xml")
    )


def test_pictures_from_elsewhere_are_not_loaded_by_themselves(demo: DemoPage):
    asked: list[str] = []
    demo.page.on("request", lambda request: asked.append(request.url))
    give_pictures(demo.page)

    demo.reload()

    expect(demo.best.first.locator(".cover svg")).to_have_count(1)
    assert not [url for url in asked if url.startswith(PICTURES)]


def test_a_picture_takes_the_place_of_a_cover_where_a_setting_allows_it(
    bundle: Path, tmp_path: Path, browser_page: Page
):
    service = Service(bundle, tmp_path, {"MELU_IMAGE_ORIGINS": PICTURES}).start()
    try:
        give_pictures(browser_page)
        demo = DemoPage(browser_page, service.url).open()
        picture = demo.best.first.locator(".cover img")
        expect(picture).to_have_attribute("src", f"{PICTURES}/{demo.ids(demo.best)[0]}.svg")
        expect(picture).to_have_js_property("naturalWidth", 2)
        assert demo.errors == []

        # One that can't be loaded leaves its place to a cover.
        browser_page.unroute(f"{PICTURES}/*")
        browser_page.route(f"{PICTURES}/*", lambda route: route.abort())
        demo.reload()
        expect(demo.best.first.locator(".cover svg")).to_have_count(1)
    finally:
        service.stop()
