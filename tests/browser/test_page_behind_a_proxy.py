"""A proxy that puts the service below a path of its own, and takes that path off."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_page import DemoPage
from tests.running import Service

pytestmark = pytest.mark.browser

PREFIX = "/reco"


@pytest.fixture
def proxied(service: Service) -> Iterator[str]:
    """Where the service is, seen through the proxy."""

    class Proxy(BaseHTTPRequestHandler):
        def forward(self) -> None:
            if not self.path.startswith(PREFIX + "/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            left_out = {"host", "connection", "accept-encoding"}
            headers = {k: v for k, v in self.headers.items() if k.lower() not in left_out}
            answer = httpx.request(
                self.command,
                service.url + self.path.removeprefix(PREFIX),
                content=body,
                headers=headers | {"Accept-Encoding": "identity"},
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815 - the library's names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}/"
        server.shutdown()
        thread.join()


def test_the_page_works_below_a_path(proxied: str, browser_page: Page):
    demo = DemoPage(browser_page, proxied).open()

    with demo.answered():
        demo.radio(demo.next_card(), 5).click()

    demo.expect_personal_from(1)
    assert demo.errors == []


def test_the_description_can_be_tried_below_a_path(proxied: str, browser_page: Page):
    browser_page.goto(f"{proxied}docs")
    block = browser_page.locator("#operations-operations-get_health")
    if not block.count():
        block = browser_page.locator(".opblock-get").filter(has_text="/healthz")
    block.locator(".opblock-summary-control").first.click()
    block.locator(".try-out__btn").click()

    with browser_page.expect_response(f"{proxied}healthz") as answered:
        block.locator(".execute").click()

    assert answered.value.json() == {"status": "ok"}
    expect(block.locator(".responses-table.live-responses-table")).to_be_visible()
