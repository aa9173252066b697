"""The hooks in a small React application, in a real browser."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.javascript.elements import wait_until_lists_end
from tests.clients.node import PACKAGE, ROOT, TOOLS, node, run
from tests.running import Service

pytestmark = pytest.mark.browser

APP = Path(__file__).with_name("react_app.js")


@pytest.fixture(scope="module")
def react(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application, bundled."""
    node()
    bundle = tmp_path_factory.mktemp("react") / "bundle.js"
    run(
        TOOLS / "esbuild",
        *(APP, "--bundle", f"--outfile={bundle}", "--log-level=warning"),
        f"--alias:melu-client={ROOT / 'app/static/melu.js'}",
        f"--alias:melu-client/react={PACKAGE / 'melu-react.js'}",
        "--define:import.meta.url='\"\"'",
        NODE_PATH=str(PACKAGE / "node_modules"),
    )
    return bundle


def test_hooks_begin_a_list_anew_that_is_no_more(
    browser: Browser, half_stars: Service, react: Path
):
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{half_stars.url}/healthz")
    page.add_script_tag(path=react)
    listed, more = page.locator("#list p"), page.get_by_role("button", name="More")
    expect(listed).to_have_count(3)
    wait_until_lists_end(page)
    with page.expect_response(lambda told: told.ok and "cursor=" not in told.url):
        more.click()
    more.click()
    expect(listed).to_have_count(6)
    context.close()


def test_hooks(browser: Browser, service: Service, http: httpx.Client, react: Path):
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{service.url}/healthz")
    page.add_script_tag(path=react)
    listed, asked = page.locator("#list"), page.locator("#questions")
    expect(listed).to_have_attribute("data-strategy", "prior")
    expect(listed.locator("p")).to_have_count(3)
    expect(asked.locator("li")).to_have_count(2)

    first = asked.locator("button").first.inner_text()
    asked.locator("button").first.click()

    expect(listed).to_have_attribute("data-strategy", "adapted")
    expect(asked.get_by_role("button", name=first, exact=True)).to_have_count(0)
    expect(asked).to_have_attribute("data-answers", "1")
    best = http.get("/users/hooks/recommendations?limit=6").json()["items"]
    expect(listed.locator("p")).to_have_text([one["title"] for one in best[:3]])
    listed.get_by_role("button", name="More").click()
    expect(listed.locator("p")).to_have_text([one["title"] for one in best])
    context.close()
