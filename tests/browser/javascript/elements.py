"""What tests do with a page of our elements."""

import httpx
from playwright.sync_api import Locator, Page

LIST_SECONDS = 1


def put(page: Page, html: str) -> None:
    page.evaluate("html => { document.body.innerHTML = html }", html)
    page.evaluate("import('/static/melu-elements.js')")


def stored(http: httpx.Client, user: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = http.get(f"/users/{user}/feedback?limit=200").json()["items"]
    return items


def titles(of: Locator) -> list[str]:
    return of.locator("[part=title]").all_inner_texts()


def wait_until_lists_end(page: Page) -> None:
    # A cursor is good for twice the time at most.
    page.wait_for_timeout(2_000 * LIST_SECONDS + 500)
