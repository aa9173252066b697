"""The demo page as a visitor sees it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

expect.set_options(timeout=20_000)


class DemoPage:
    """What a visitor can do on the page, and what can be read on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("console", self._note_error)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.cards = page.locator("#candidates > li")
        self.open_cards = page.locator("#candidates > li:not(.answered)")
        self.recommendations = page.locator("#recommendations > li")
        self.ratings = page.locator("#ratings > li")
        self.strategy = page.locator("#strategy")
        self.status = page.locator("#status")
        self.query = page.get_by_role("combobox", name="Find items you know")
        self.results = page.locator("#results .result")

    def open(self) -> "DemoPage":
        self.page.goto(self.url)
        expect(self.recommendations).to_have_count(10)
        expect(self.cards).to_have_count(6)
        return self

    def _note_error(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)

    @property
    def user_id(self) -> str:
        user_id = self.page.evaluate("localStorage.getItem('melu.user_id')")
        assert isinstance(user_id, str)
        return user_id

    def titles(self, of: Locator) -> list[str]:
        return of.locator("h3, .title").all_inner_texts()

    def ranking(self) -> list[tuple[str, str]]:
        """Titles with scores, in the order on screen."""
        return [
            (row.locator("h3").inner_text(), row.locator(".score").inner_text())
            for row in self.recommendations.all()
        ]

    def next_card(self) -> Locator:
        """The first card without an answer, as it is now, whatever takes its place later."""
        item_id = self.open_cards.first.get_attribute("data-item")
        return self.page.locator(f'#candidates > li[data-item="{item_id}"]')

    @staticmethod
    def radio(of: Locator, rating: int) -> Locator:
        return of.get_by_role("radio", name=re.compile(rf"^{rating} of "))

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Wait, on leaving, for a ranking that was asked for within."""
        with self.page.expect_response(_is_ranking, timeout=20_000):
            yield

    def expect_personal_from(self, count: int) -> None:
        plural = "" if count == 1 else "s"
        expect(self.strategy).to_have_text(f"Personal, from {count} rating{plural}")
        expect(self.ratings).to_have_count(count)

    def expect_what_the_service_says(self, client: httpx.Client) -> None:
        answer = client.get(f"/users/{self.user_id}/recommendations", params={"limit": 10}).json()
        titles = [item["title"] for item in answer["items"]]
        expect(self.recommendations.locator("h3")).to_have_text(titles)

    def expect_no_sideways_scrolling(self) -> None:
        too_wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide == 0


def _is_ranking(response: Response) -> bool:
    return "/recommendations" in response.url and response.ok
