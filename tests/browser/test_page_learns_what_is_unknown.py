"""What somebody has not seen is not asked about again and again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from model.data import Dataset
from model.presets import with_options
from tests.browser.demo_page import DemoPage
from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.training import train_bundle

pytestmark = pytest.mark.browser
# What "not seen" tells is learnt last, and the quick training hardly begins with it.
PRESET = with_options(QUICK_PRESETS["default"], least_answer_updates=150)


@pytest.fixture
def demo(two_tastes: Dataset, tmp_path: Path, browser_page: Page) -> Iterator[DemoPage]:
    train_bundle(two_tastes, PRESET, tmp_path / "model")
    service = Service(tmp_path / "model", tmp_path).start()
    page = DemoPage(browser_page, service.url)
    yield page
    service.stop()
    assert page.errors == []


def test_whoever_has_not_seen_horror_is_no_longer_asked_about_it(demo: DemoPage):
    demo.open()

    def horror() -> list[str]:
        shown = [card.get_attribute("data-item") or "" for card in demo.cards.all()]
        return [item for item in shown if int(item) >= 30]

    for _ in range(3):
        # Where no card is of horror, another one has to make room.
        item = next(iter(horror()), demo.open_cards.first.get_attribute("data-item"))
        card = demo.page.locator(f'#candidates > li[data-item="{item}"]')
        with demo.answered():
            answer = "Not seen" if int(item or 0) >= 30 else "3 of "
            role = "button" if int(item or 0) >= 30 else "radio"
            card.get_by_role(role, name=re.compile(answer)).click()
        expect(card).to_have_count(0)
        expect(demo.cards).to_have_count(6)
    told = set(horror())

    for _ in range(4):
        # To love one of the horror films that are still there would ask for more of them.
        shown = [card.get_attribute("data-item") or "" for card in demo.open_cards.all()]
        comedy = next(item for item in shown if int(item) < 30)
        card = demo.page.locator(f'#candidates > li[data-item="{comedy}"]')
        with demo.answered():
            demo.radio(card, 4).click()
        expect(card).to_have_count(0)
        expect(demo.cards).to_have_count(6)

    assert set(horror()) <= told
