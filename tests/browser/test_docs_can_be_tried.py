"""Every operation of /docs runs from the page as it stands, with the page's own examples."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response

from tests.access.credentials import KEY, TOKEN_SECRET, bearer
from tests.running import Service
from tests.service.visitors import ok

pytestmark = pytest.mark.browser

METHODS = ("get", "put", "post", "delete")
# What makes something comes before what shows it, and what deletes it last.
ORDER = {"put": 0, "post": 1, "get": 2, "delete": 3}


@pytest.fixture(scope="module")
def guarded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With keys, so that tokens are issued."""
    access = {"MELU_API_KEYS": KEY, "MELU_TOKEN_SECRET": TOKEN_SECRET}
    service = Service(bundle, tmp_path_factory.mktemp("docs"), access).start()
    yield service
    service.stop()


def calls_of(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(method, path, tag, operation id) in an order in which each can work."""
    found = [
        (method, path, operation["tags"][0], operation["operationId"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    ]
    # Of one method, a user's own path comes after what lies below it when deleting, else before.
    return sorted(
        found,
        key=lambda call: (ORDER[call[0]], len(call[1]) * (-1 if call[0] == "delete" else 1)),
    )


def test_every_operation_can_be_tried_with_its_own_example(guarded: Service, browser_page: Page):
    with guarded.client() as client:
        document = ok(client.get("/openapi.json", headers=bearer(KEY)))
    calls = calls_of(document)
    page = browser_page
    page.goto(f"{guarded.url}/docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() == len(calls) > 15

    page.locator(".btn.authorize").first.click()
    page.locator(".auth-container input").fill(KEY)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()

    found = {}
    for method, path, tag, operation in calls:
        block = page.locator(f"#operations-{tag}-{operation}")
        # Events of the page instead of a mouse's: nothing has to be scrolled to.
        block.locator(".opblock-summary-control").first.dispatch_event("click")
        block.locator(".try-out__btn").dispatch_event("click")

        def is_this_call(answer: Response, method: str = method) -> bool:
            return answer.request.method == method.upper()

        with page.expect_response(is_this_call, timeout=5000) as answered:
            block.locator(".execute").dispatch_event("click")
        status = answered.value.status
        found[f"{method.upper()} {path}"] = status
        described = document["paths"][path][method]["responses"]
        assert str(status) in described, (method, path, status)
        block.locator(".opblock-summary-control").first.dispatch_event("click")

    assert {call: status for call, status in found.items() if not 200 <= status < 300} == {}
    assert len(found) == len(calls)
