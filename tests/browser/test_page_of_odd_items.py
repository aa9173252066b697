"""Titles of any length and script, and catalogues of many attributes or hardly any items."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from model.data import load_dataset
from tests.browser.demo_page import DemoPage
from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.training import train_bundle
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.browser

LONG = "Supercalifragilistic" * 10
MANY_WORDS = "night " * 40
ARABIC = "الليل والبحر"
CHINESE = "千と千尋の神隠し非常に長いタイトルの映画で終わりがない物語そして続く"
TITLES = (LONG, MANY_WORDS, f"{ARABIC} (1999)", CHINESE, "🎬🍿" * 40, "<b>bold</b> &amp;")
NUMBERS, CATEGORIES = 12, 40


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Odd titles over and over, and more than fifty attributes."""
    data = write_two_tastes(tmp_path_factory.mktemp("data") / "odd")
    items = pl.read_csv(data / "items.csv")
    count = len(items)
    items = items.with_columns(
        pl.Series("title", [TITLES[at % len(TITLES)] for at in range(count)]),
        *(
            pl.Series(f"size_{at}", [(at + 1) * place % 97 / 7 for place in range(count)])
            for at in range(NUMBERS)
        ),
        *(
            pl.Series(f"kind_{at}", [f"k{(at + place) % 3}" for place in range(count)])
            for at in range(CATEGORIES)
        ),
    )
    items.write_csv(data / "items.csv")
    with (data / "dataset.toml").open("a") as description:
        description.writelines(f'size_{at} = "number"\n' for at in range(NUMBERS))
        description.writelines(f'kind_{at} = "category"\n' for at in range(CATEGORIES))
    bundle = tmp_path_factory.mktemp("bundle") / "model"
    train_bundle(load_dataset(data), QUICK_PRESETS["default"], bundle, seed=1)
    service = Service(bundle, tmp_path_factory.mktemp("odd")).start()
    yield service
    service.stop()


def test_a_scale_too_long_for_stars_is_answered_and_told_in_words(
    tmp_path: Path, browser_page: Page
):
    data = write_two_tastes(tmp_path / "data")
    description = data / "dataset.toml"
    description.write_text(description.read_text().replace("[1, 5]", "[0, 10]"))
    train_bundle(load_dataset(data), QUICK_PRESETS["default"], tmp_path / "model", seed=1)
    service = Service(tmp_path / "model", tmp_path / "long-scale").start()
    try:
        demo = DemoPage(browser_page, service.url).open()
        for word, rating in (("Loved", 10), ("Okay", 5), ("Not for me", 0)):
            card = demo.next_card()
            title = card.locator("h3").inner_text()
            with demo.answered():
                card.get_by_role("button", name=word, exact=True).click()
            expect(demo.what.locator("strong")).to_have_text(f"{word} {title}:")
            with service.client() as client:
                stored = client.get(f"/users/{demo.user_id}/feedback").json()["items"]
            assert stored[0]["rating"] == rating
            expect(card).to_have_count(0)
    finally:
        service.stop()


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_nothing_has_to_be_scrolled_sideways(odd: Service, browser_page: Page, width: int):
    browser_page.set_viewport_size({"width": width, "height": 800})
    demo = DemoPage(browser_page, odd.url).open()
    demo.expect_no_sideways_scrolling()

    demo.answer(5)
    demo.open_answers()
    expect(demo.most).not_to_have_count(0)

    demo.expect_no_sideways_scrolling()


def test_sentences_stay_short_and_in_order(odd: Service, browser_page: Page):
    demo = DemoPage(browser_page, odd.url).open()
    for title, said in ((LONG, LONG[:59] + "…"), (ARABIC, f"\u2068{ARABIC}\u2069")):
        demo.query.fill(title[:40])
        result = demo.results.filter(has_text=title).first
        with demo.answered():
            demo.radio(result, 5).click()
        expect(demo.what.locator("strong")).to_have_text(f"★★★★★ {said}:")
        browser_page.keyboard.press("Escape")
    assert all(len(text) < 700 for text in (demo.what.inner_text(), demo.why.inner_text()))


def test_a_title_without_spaces_is_set_in_lines(odd: Service, browser_page: Page):
    demo = DemoPage(browser_page, odd.url).open()
    tile = demo.best.filter(has=browser_page.locator("h3", has_text=CHINESE)).first

    lines = tile.locator("svg tspan").all_text_contents()

    assert len(lines) > 1
    assert "".join(lines) == CHINESE


def test_many_attributes_do_not_push_the_list_away(odd: Service, browser_page: Page):
    demo = DemoPage(browser_page, odd.url).open()
    ranges = browser_page.locator("#filters .range")
    expect(ranges).to_have_count(1 + NUMBERS)
    expect(ranges.filter(visible=True)).to_have_count(2)
    demo.answer(5)
    browser_page.locator("#learnt").scroll_into_view_if_needed()
    chosen = browser_page.get_by_role("combobox", name="By what")
    chosen.select_option("kind_7")
    expect(chosen).to_have_value("kind_7")
    expect(chosen).to_be_focused()
    expect(browser_page.locator("#taste th[scope=row]").first).to_have_text(re.compile("^k[012]$"))


def test_what_is_no_number_is_no_filter(odd: Service, browser_page: Page):
    DemoPage(browser_page, odd.url).open()
    field = browser_page.get_by_role("spinbutton", name="Year from")
    field.press_sequentially("1e")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press_sequentially("3")
    expect(field).to_have_attribute("aria-invalid", "false")


def test_a_catalogue_of_one(bundle: Path, tmp_path: Path, browser_page: Page):
    service = Service(bundle, tmp_path).start()
    try:
        with service.client() as client:
            for at in range(1, 60):
                client.delete(f"/items/{at}").raise_for_status()
        demo = DemoPage(browser_page, service.url)
        browser_page.goto(service.url)
        expect(demo.ten).to_have_count(1)
        expect(demo.cards).to_have_count(1)
        # Nothing more can be learnt from so few, and nothing is known yet.
        expect(browser_page.locator("#progress-said")).to_have_text(re.compile("first answer"))
        demo.radio(demo.cards, 5).click()
        expect(browser_page.locator("#candidates-note")).to_be_visible()
        expect(demo.heading).to_have_text("Your list")
        expect(browser_page.locator("#best-empty")).to_have_text(re.compile("Nothing is left"))
        assert demo.errors == []
    finally:
        service.stop()


def test_without_scripts_nothing_is_waited_for(odd: Service, browser_page: Page):
    browser = browser_page.context.browser
    assert browser is not None
    page = browser.new_page(java_script_enabled=False)
    page.goto(odd.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".skeleton").filter(visible=True)).to_have_count(0)
    expect(page.get_by_text("Getting your list").filter(visible=True)).to_have_count(0)
    page.close()


def test_paper_has_the_list_and_nothing_that_floats(odd: Service, browser_page: Page):
    demo = DemoPage(browser_page, odd.url).open()
    demo.answer(5)
    browser_page.emulate_media(media="print")
    expect(demo.ten.first).to_be_visible()
    for floating in ("#undo", "#status", "#dock", "#filters", "#search"):
        expect(browser_page.locator(floating)).to_be_hidden()
