"""What somebody has not seen is not asked about again and again."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service
from tests.worlds import ITEMS_OF_A_KNOWN_KIND

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(bundle_that_asks: Path, tmp_path: Path, browser_page: Page) -> Iterator[DemoPage]:
    service = Service(bundle_that_asks, tmp_path).start()
    page = DemoPage(browser_page, service.url)
    yield page
    service.stop()
    assert page.errors == []


def test_kinds_that_a_visitor_has_not_seen_are_no_longer_asked_about(demo: DemoPage):
    demo.open()

    def shown() -> list[int]:
        return [int(card.get_attribute("data-item") or "") for card in demo.cards.all()]

    def kinds(items: Iterable[int]) -> set[int]:
        return {item // ITEMS_OF_A_KNOWN_KIND for item in items}

    unknown = []
    for _ in range(4):
        card = demo.open_cards.first
        unknown.append(int(card.get_attribute("data-item") or ""))
        answered = demo.page.locator(f'#candidates > li[data-item="{unknown[-1]}"]')
        with demo.answered():
            answered.get_by_role("button", name=re.compile("Not seen")).click()
        expect(answered).to_have_count(0)
        expect(demo.cards).to_have_count(6)
    before = set(shown())

    for _ in range(4):
        card = demo.next_card()
        with demo.answered():
            demo.radio(card, 4).click()
        expect(card).to_have_count(0)
        expect(demo.cards).to_have_count(6)

    came = set(shown()) - before
    assert came
    assert not kinds(came) & kinds(unknown)
