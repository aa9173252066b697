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
        self.cards = page.locator("#candidates > li.card")
        self.open_cards = page.locator("#candidates > li.card:not(.answered)")
        self.ten = page.locator("#ten > li[data-item]")
        self.heading = page.locator("#change-heading")
        self.what = page.locator("#change-what")
        self.why = page.locator("#change-why")
        self.best = page.locator("#best-tiles > li")
        self.most = page.locator("#most-tiles > li")
        self.ratings = page.locator("#ratings > li")
        self.status = page.locator("#status")
        self.undo = page.locator("#undo")
        self.query = page.locator("#query")
        self.results = page.locator("#results .result")

    def open(self) -> "DemoPage":
        self.page.goto(self.url)
        expect(self.ten).to_have_count(10)
        expect(self.cards).to_have_count(6)
        return self

    def open_as_another(self) -> "DemoPage":
        """Open the page anew, as somebody of whom this browser remembers nothing."""
        before = self.user_id
        self.page.evaluate("localStorage.clear()")
        self.open()
        assert self.user_id != before
        return self

    def reload(self) -> None:
        self.page.reload()
        expect(self.ten).to_have_count(10)

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

    @staticmethod
    def ids(of: Locator) -> list[str]:
        return [one.get_attribute("data-item") or "" for one in of.all()]

    def ranking(self) -> list[tuple[str, str]]:
        """Items with how likely each is, in the order on screen."""
        badges = self.best.locator(".badge").all_inner_texts()
        return list(zip(self.ids(self.best), badges, strict=True))

    def open_answers(self) -> None:
        fold = self.page.locator("#answers-fold")
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()

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

    def answer(self, rating: int) -> str:
        """Rate the next card and wait for the list that follows; return the item's id."""
        card = self.next_card()
        item_id = card.get_attribute("data-item") or ""
        with self.answered():
            self.radio(card, rating).click()
        expect(card).to_have_count(0)
        expect(self.cards).to_have_count(6)
        return item_id

    def expect_everybodys(self) -> None:
        expect(self.heading).to_have_attribute("data-strategy", "prior")
        expect(self.ratings).to_have_count(0)

    def expect_personal_from(self, count: int) -> None:
        expect(self.heading).to_have_attribute("data-strategy", "adapted")
        expect(self.heading).to_have_attribute("data-learnt-from", str(count))
        expect(self.ratings).to_have_count(count)

    def expect_what_the_service_says(self, client: httpx.Client) -> None:
        """Ten and shelf are the service's list, in its order."""
        path = f"/users/{self.user_id}/recommendations"
        ids = [item["item_id"] for item in client.get(path, params={"limit": 14}).json()["items"]]
        for shown, expected in ((self.ten, ids[:10]), (self.best, ids)):
            expect(shown).to_have_count(len(expected))
            for place, item_id in enumerate(expected):
                expect(shown.nth(place)).to_have_attribute("data-item", item_id)

    def expect_no_sideways_scrolling(self) -> None:
        too_wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide == 0


def _is_ranking(response: Response) -> bool:
    # Neither the shelf by lift nor a longer list for the taste.
    return "/recommendations?limit=" in response.url and (
        "order=" not in response.url and "exclude_seen" not in response.url and response.ok
    )
