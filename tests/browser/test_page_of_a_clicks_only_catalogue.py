"""A catalogue of books with clicks alone: the same page, other words, no stars."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from model.data import load_dataset
from tests.browser.demo_page import DemoPage
from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.training import train_bundle
from tests.worlds import write_clicks

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = write_clicks(tmp_path_factory.mktemp("data") / "books")
    description = data / "dataset.toml"
    text = description.read_text().replace('item_noun = "film"', 'item_noun = "book"')
    description.write_text(text)
    bundle = tmp_path_factory.mktemp("bundle") / "model"
    train_bundle(load_dataset(data), QUICK_PRESETS["default"], bundle, seed=1)
    service = Service(bundle, tmp_path_factory.mktemp("books")).start()
    yield service
    service.stop()


def test_books_are_loved_or_not(books: Service, browser_page: Page):
    demo = DemoPage(browser_page, books.url).open()
    page = demo.page
    expect(page.locator("#tell-heading")).to_have_text("Which of these books do you know?")
    expect(page.locator("#scope")).to_contain_text("60 books, year ")
    expect(demo.query).to_have_attribute("placeholder", "Name a book you love")
    expect(page.get_by_role("radio")).to_have_count(0)
    card = demo.next_card()
    title = card.locator("h3").inner_text()
    expect(card.get_by_role("button")).to_have_text(["Loved", "Not for me", "Not read"])

    with demo.answered():
        card.get_by_role("button", name="Loved").click()

    expect(demo.what).to_contain_text(f"Loved {title}:")
    demo.expect_personal_from(1)
    card = demo.next_card()
    with demo.answered():
        card.get_by_role("button", name="Not for me").click()
    demo.expect_personal_from(2)
    tile = demo.best.nth(1)
    tile.hover()
    with demo.answered():
        tile.get_by_role("button", name="Read").click()
    with books.client() as client:
        given = client.get(f"/users/{demo.user_id}/feedback").json()["items"]
        assert [one["action"] for one in given] == ["skip", "dislike", "like"]
        demo.expect_what_the_service_says(client)
    expect(demo.most).not_to_have_count(0)
    page.locator("#twin").scroll_into_view_if_needed()
    expect(page.locator("#twins ol")).to_have_count(2)
    text = page.locator("main").inner_text()
    assert "film" not in text
    assert demo.errors == []
