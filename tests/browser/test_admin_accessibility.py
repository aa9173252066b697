"""axe finds nothing wrong on any tab of the back office, and all of it fits on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.credentials import KEY, bearer
from tests.browser.admin_page import AdminPage
from tests.browser.conftest import PHONE
from tests.browser.test_page_accessibility import AXE, DESKTOP, RUN
from tests.running import Service

pytestmark = pytest.mark.browser

TABS = ("Now", "One user", "Catalogue", "Onboarding", "Model")


@pytest.fixture(scope="module")
def guarded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("admin-axe")
    service = Service(bundle, folder, {"MELU_API_KEYS": KEY}).start()
    with service.client() as api:
        api.headers.update(bearer(KEY))
        events = [{"item_id": str(one), "rating": 1 + one % 5} for one in range(8)]
        api.post("/users/ada/feedback", json={"events": events}).raise_for_status()
        api.get("/onboarding/items", params={"user_id": "ada"}).raise_for_status()
        new = {"title": "A New Night", "attributes": {"genre": ["comedy"]}}
        api.put("/items/new", json=new).raise_for_status()
    yield service
    service.stop()


@pytest.fixture(params=["light", "dark", "forced", "phone"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport=PHONE if request.param == "phone" else DESKTOP,
        color_scheme="dark" if request.param == "dark" else "light",
        forced_colors="active" if request.param == "forced" else "none",
        reduced_motion="reduce",
        bypass_csp=True,  # for axe alone
    )
    yield context.new_page()
    context.close()


def expect_no_fault(page: Page) -> None:
    if not page.evaluate("typeof axe === 'object'"):
        page.add_script_tag(path=AXE)
    assert page.evaluate(RUN) == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_every_tab(guarded: Service, themed: Page):
    admin = AdminPage(themed, guarded.url)
    themed.goto(admin.url)
    admin.type_key("wrong")
    expect(admin.door).to_contain_text("does not know")
    expect_no_fault(themed)
    admin.type_key(KEY)
    for tab in TABS:
        panel = admin.go(tab)
        if tab == "One user":
            admin.look_up("ada")
            themed.get_by_label("Leave out Comedy Night 1", exact=True).check()
            expect(themed.locator("#lists")).to_contain_text("What if:")
        if tab == "Catalogue":
            themed.get_by_label("Find an item").fill("horror")
            themed.locator(".found button").first.click()
        expect(panel.locator("table, .lists").first).to_be_visible()
        expect_no_fault(themed)
        small = themed.evaluate(
            """() => [...document.querySelectorAll("button, summary, input, select, textarea")]
                .filter((one) => one.checkVisibility() && !one.closest("label"))
                .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 24 || height < 24)
                .map(([name]) => name)"""
        )
        assert small == []
    admin.allow.check()
    themed.get_by_role("button", name="Load the bundle again…").click()
    expect(admin.dialog).to_be_visible()
    expect_no_fault(themed)
