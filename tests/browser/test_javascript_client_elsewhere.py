"""`melu.js` on a page of another origin, and in several tabs."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.access.credentials import KEY, bearer
from tests.running import Service, wait_for

pytestmark = pytest.mark.browser

PAGE = b"<!doctype html><title>A shop</title>"


class Shop(BaseHTTPRequestHandler):
    """A page of somebody else, which gets its tokens from its own server."""

    service: Service

    def do_GET(self) -> None:
        if self.path == "/token":
            with self.service.client() as client:
                content = client.post("/users/ann/token", headers=bearer(KEY)).content
        else:
            content = PAGE
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if content == PAGE else "application/json")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def open_to_the_shop(
    shop: str, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = Service(
        bundle,
        tmp_path_factory.mktemp("open-to-the-shop"),
        environment={"MELU_API_KEYS": KEY, "MELU_CORS_ORIGINS": shop},
    ).start()
    Shop.service = service
    yield service
    service.stop()


def test_another_origin(browser_page: Page, shop: str, open_to_the_shop: Service):
    browser_page.goto(shop)

    said = browser_page.evaluate(
        """async (service) => {
            const { Melu, parseServerTiming } = await import(`${service}/static/melu.js`);
            let asked = 0;
            const getToken = async () =>
                asked++ === 0 ? "an old one" : (await (await fetch("/token")).json()).token;
            // Where the service is, the module knows.
            const melu = new Melu({ userId: "ann", getToken });
            const seen = [];
            const onResponse = ({ status, headers }) =>
                seen.push([status, Object.keys(parseServerTiming(headers.get("Server-Timing")))]);
            await melu.sendFeedback({ item_id: "5", rating: 5 });
            const first = await melu.recommendations({ limit: 3, onResponse });
            const again = await melu.recommendations({ limit: 3, onResponse });
            const refused = await melu.user({ userId: "bob" }).catch((error) => error);
            return {
                asked, seen, strategy: first.strategy,
                same: JSON.stringify(first) === JSON.stringify(again),
                code: refused.code, hasRequestId: Boolean(refused.requestId),
            };
        }""",
        open_to_the_shop.url,
    )

    parts = ["store", "local_update", "ranking"]
    assert said["seen"] == [[200, parts], [304, parts]]
    assert said["strategy"] == "adapted"
    assert said["same"]
    assert (said["code"], said["hasRequestId"]) == ("forbidden", True)
    # An old one, a good one, and one for bob, who is somebody else.
    assert said["asked"] == 3


def test_two_tabs_lose_nothing_of_each_other(browser_page: Page, service: Service):
    tabs = [browser_page, browser_page.context.new_page()]
    for tab in tabs:
        tab.goto(f"{service.url}/docs")
        tab.evaluate(
            """async () => {
                const { Melu } = await import("/static/melu.js");
                window.melu = new Melu({ userId: "tabs", retries: 0 });
                await melu.flush();
            }"""
        )
    browser_page.context.set_offline(True)
    # Both begin before either is done.
    for number, tab in enumerate(tabs):
        tab.evaluate(
            """(first) => {
                window.kept = Promise.all(Array.from({ length: 25 }, (_, at) =>
                    melu.queueFeedback({ item_id: String(first + at), rating: 4 })));
            }""",
            30 * number,
        )
    for tab in tabs:
        tab.evaluate("kept")
    # A tab may see a while later what another wrote.
    for tab in tabs:
        wait_for(lambda tab=tab: len(tab.evaluate("melu.queuedFeedback()")) == 50, "both tabs'")

    browser_page.context.set_offline(False)

    with service.client() as client:

        def stored() -> set[str]:
            page = client.get("/users/tabs/feedback?limit=200").json()
            return {one["item_id"] for one in page["items"]}

        wait_for(lambda: len(stored()) == 50, "all to be sent")
        assert client.get("/users/tabs").json()["support_size"] == 50
    for tab in tabs:
        wait_for(lambda tab=tab: tab.evaluate("melu.queuedFeedback()") == [], "an empty queue")
