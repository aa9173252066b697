"""`python -m scripts.guide.admin_screenshot URL FILE.png [CHROMIUM]`: take the back office.

The service at URL serves MovieLens, and has no API keys. It needs playwright and a Chromium, as the
tests do.
"""

import sys

import httpx
from playwright.sync_api import sync_playwright

from scripts.guide.screenshot import RATED

_USER = "ada"
_SIZE = (1080, 660)


def take(url: str, file: str, program: str | None = None) -> None:
    """Store a user's ratings, leave one of them out in the back office, and take its picture.

    Args:
        url: The service.
        file: Where the picture goes.
        program: Chromium; the one that playwright installs if None.
    """
    with sync_playwright() as playwright, httpx.Client(base_url=url) as client:
        for title, rating in RATED.items():
            items = client.get("/items", params={"query": title, "limit": 1}).json()["items"]
            event = {"item_id": items[0]["item_id"], "rating": rating}
            client.post(f"/users/{_USER}/feedback", json=event).raise_for_status()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _SIZE[0], "height": _SIZE[1]})
        page.goto(f"{url}/admin#user")
        page.get_by_label("User id").fill(_USER)
        page.get_by_role("button", name="Look up").click()
        page.locator("#told input[type=checkbox]").last.check()
        page.get_by_role("list", name="What if", exact=True).wait_for()
        page.evaluate("scrollTo(0, document.querySelector('#told').offsetTop - 220)")
        page.screenshot(path=file)
        browser.close()
        client.delete(f"/users/{_USER}").raise_for_status()


if __name__ == "__main__":
    take(*sys.argv[1:])
