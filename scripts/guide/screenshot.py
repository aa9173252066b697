"""`python -m scripts.guide.screenshot URL FILE.png [CHROMIUM [PREVIEW.jpg]]`: take the demo page.

The service at URL serves MovieLens 100K. It needs playwright and a Chromium, as the tests do.
"""

import re
import sys

import httpx
from playwright.sync_api import sync_playwright

RATED = {"star wars": 5, "fargo": 4, "toy story": 4, "liar liar": 1}
_SIZE = (1280, 860)
_SETTLED_MS = 3000
_PREVIEW = (1200, 630)  # what readers of Open Graph tags expect
_PREVIEW_QUALITY = 45  # of 100: about 75 kB


def take(url: str, file: str, program: str | None = None, preview: str | None = None) -> None:
    """Rate some films as the page's visitor, and take its picture.

    Args:
        url: The service.
        file: Where the picture goes.
        program: Chromium; the one that playwright installs if None.
        preview: Where the small picture for links to the page goes; none if None.
    """
    with sync_playwright() as playwright, httpx.Client(base_url=url) as client:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _SIZE[0], "height": _SIZE[1]})
        page.goto(url, wait_until="networkidle")
        user = page.evaluate("localStorage.getItem('melu.user_id')")
        for title, rating in RATED.items():
            items = client.get("/items", params={"query": title, "limit": 1}).json()["items"]
            event = {"item_id": items[0]["item_id"], "rating": rating}
            client.post(f"/users/{user}/feedback", json=event).raise_for_status()
        page.reload(wait_until="networkidle")
        # One more on the page itself, so that it shows what an answer changes.
        page.get_by_role("radio", name=re.compile("^5 of ")).first.check(force=True)
        page.mouse.move(0, 0)  # what it lies over is lifted
        page.wait_for_timeout(_SETTLED_MS)
        # The offer to take it back lies over the menu for a while.
        page.wait_for_selector("#undo:empty", state="attached")
        page.screenshot(path=file)
        if preview is not None:
            page.set_viewport_size({"width": _PREVIEW[0], "height": _PREVIEW[1]})
            page.wait_for_timeout(_SETTLED_MS)
            page.screenshot(path=preview, type="jpeg", quality=_PREVIEW_QUALITY)
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:])
