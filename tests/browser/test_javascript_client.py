"""`melu.js` with its elements and hooks in a real browser, under the policy of our pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from model.data import load_dataset
from tests.clients.node import PACKAGE, ROOT, TOOLS, node, run
from tests.conftest import QUICK_PRESETS
from tests.running import Service, wait_for
from tests.training import train_bundle
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.browser

LIST_SECONDS = 1
APP = Path(__file__).with_name("react_app.js")


@pytest.fixture(scope="module")
def service(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that never has enough answers, so that one user can try every way to be asked."""
    folder = tmp_path_factory.mktemp("tireless")
    running = Service(bundle, folder, {"MELU_ONBOARDING_ENOUGH": "0"}).start()
    yield running
    running.stop()


@pytest.fixture
def page(browser_page: Page, service: Service) -> Page:
    """An empty page of the service, with the policy of its pages."""
    browser_page.goto(f"{service.url}/docs")
    browser_page.evaluate("document.body.replaceChildren()")
    expect(browser_page.locator("body > *")).to_have_count(0)
    return browser_page


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


def put(page: Page, html: str) -> None:
    page.evaluate("html => { document.body.innerHTML = html }", html)
    page.evaluate("import('/static/melu-elements.js')")


def stored(http: httpx.Client, user: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = http.get(f"/users/{user}/feedback?limit=200").json()["items"]
    return items


def titles(of: Locator) -> list[str]:
    return of.locator("[part=title]").all_inner_texts()


def test_what_is_rated_without_a_network_is_sent_with_it(
    page: Page, http: httpx.Client, request: pytest.FixtureRequest
):
    user = "offline"
    page.evaluate(
        """async (userId) => {
            const { Melu } = await import("/static/melu.js");
            window.melu = new Melu({ userId });
            await melu.flush();
        }""",
        user,
    )
    page.context.set_offline(True)

    page.evaluate("melu.queueFeedback({ item_id: '5', rating: 4 })")
    said = page.evaluate("melu.flush().catch((error) => [error.code, error.status])")
    assert said == ["unreachable", 0]
    assert stored(http, user) == []
    kept = page.evaluate(
        "Object.entries(localStorage).find(([key]) => key.includes(' offline '))[1]"
    )
    assert '"item_id":"5"' in kept

    page.context.set_offline(False)
    wait_for(lambda: stored(http, user), "what waited")
    (event,) = stored(http, user)
    assert (event["item_id"], event["rating"]) == ("5", 4.0)
    wait_for(
        lambda: (
            not page.evaluate(
                "Object.keys(localStorage).some((key) => key.startsWith('melu.queue'))"
            )
        ),
        "the queue to be empty",
    )


def test_questions_are_answered_by_keyboard_and_the_list_follows(page: Page, http: httpx.Client):
    put(
        page,
        """<melu-onboarding user-id="keyboard" limit="2">
             <h2 slot="heading">You?</h2>
           </melu-onboarding>
           <melu-recommendations user-id="keyboard" limit="4"></melu-recommendations>""",
    )
    cards = page.locator("melu-onboarding [part=card]")
    expect(cards).to_have_count(2)
    listed = page.locator("melu-recommendations [part=item]")
    expect(listed).to_have_count(4)
    expect(page.get_by_text("You?")).to_be_visible()
    first, second = titles(cards)

    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("group", name=f"Rate {first}").get_by_label("5 of 5")).to_be_focused()
    page.keyboard.press("Enter")

    expect(cards).to_have_count(1)
    # Focus has gone on to the next question.
    expect(page.get_by_role("group", name=f"Rate {second}").get_by_label("1 of 5")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.get_by_role("group", name=f"Rate {second}")).to_have_count(0)
    answers = {
        one.get("rating", one.get("action")): one["source"] for one in stored(http, "keyboard")
    }
    assert answers == {5.0: "onboarding", "unseen": "onboarding"}
    expect(cards).to_have_count(2)
    best = http.get("/users/keyboard/recommendations?limit=4").json()
    assert best["strategy"] == "adapted"
    expect(listed.locator("[part=title]")).to_have_text([one["title"] for one in best["items"]])


def test_a_grid_a_pair_and_groups(page: Page, http: httpx.Client):
    put(page, '<melu-onboarding user-id="screen" mode="grid" limit="6"></melu-onboarding>')
    element = page.locator("melu-onboarding")
    cards = element.locator("[part=card]")
    expect(cards).to_have_count(6)
    picked = titles(cards)[2]
    cards.nth(2).click()
    expect(cards.nth(2)).to_have_attribute("aria-pressed", "true")
    element.get_by_role("button", name="Continue").click()
    wait_for(lambda: len(stored(http, "screen")) == 6, "the screen")
    (kept,) = [one for one in stored(http, "screen") if one["action"] == "picked"]
    assert http.get(f"/items/{kept['item_id']}").json()["title"] == picked

    element.evaluate("element => element.setAttribute('mode', 'pair')")
    expect(cards).to_have_count(2)
    pair = titles(cards)
    element.get_by_role("button", name=re.compile("say$")).click()
    expect(cards.first.locator("[part=title]")).not_to_have_text(pair[0])
    preferred = titles(cards)[1]
    cards.nth(1).click()
    wait_for(lambda: "preferred" in stored(http, "screen")[0], "the comparison")
    item_id = stored(http, "screen")[0]["preferred"]
    assert http.get(f"/items/{item_id}").json()["title"] == preferred

    element.evaluate("element => element.setAttribute('mode', 'groups')")
    expect(element.get_by_role("button", name="Continue")).to_be_visible()
    label = titles(cards)[0]
    cards.first.click()
    element.get_by_role("button", name="Continue").click()
    wait_for(lambda: "points" in stored(http, "screen")[0], "the groups")
    liked = [one for one in stored(http, "screen") if one.get("points") == 1]
    assert len(liked) == 1
    assert label


def test_a_list_has_pages_and_tells_what_was_selected(page: Page):
    put(page, '<melu-recommendations user-id="pages" limit="3"></melu-recommendations>')
    items = page.locator("melu-recommendations [part=item]")
    expect(items).to_have_count(3)
    page.evaluate(
        """document.addEventListener("melu-select", (event) => {
            window.selected = event.detail.item;
            window.listId = event.detail.listId;
        })"""
    )

    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(6)
    expect(items.nth(3).locator("button")).to_be_focused()
    items.nth(4).locator("button").click()

    assert page.evaluate("selected.rank") == 5
    assert re.fullmatch("[0-9a-f]{24}", page.evaluate("listId"))
    element = page.locator("melu-recommendations")
    element.evaluate("element => element.setAttribute('href', '/film/{item_id}')")
    expect(items.first.locator("a")).to_have_attribute("href", re.compile(r"^/film/\d+$"))


def test_parts_and_slots_are_the_pages_own(page: Page):
    put(
        page,
        """<melu-onboarding user-id="style" mode="groups">
             <b slot="done">Fertig</b>
           </melu-onboarding>""",
    )
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("melu-onboarding::part(card) { color: rgb(1, 2, 3) }");
            document.adoptedStyleSheets = [sheet];
            document.querySelector("melu-onboarding").words = { next: "Weiter" };
        }"""
    )
    expect(page.locator("[part=card]").first).to_have_css("color", "rgb(1, 2, 3)")

    page.get_by_role("button", name="Weiter").click()

    expect(page.get_by_text("Fertig")).to_be_visible()


def test_an_answer_given_without_a_network_is_not_lost(page: Page, http: httpx.Client):
    put(page, '<melu-onboarding user-id="shaky" limit="1"></melu-onboarding>')
    card = page.locator("melu-onboarding [part=card]")
    expect(card).to_have_count(1)
    asked = titles(card)
    page.context.set_offline(True)

    card.get_by_label("4 of 5").click()

    expect(page.get_by_role("status")).to_contain_text("be reached", timeout=30_000)
    assert stored(http, "shaky") == []
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(card.locator("[part=title]")).not_to_have_text(asked[0])
    assert [one["rating"] for one in stored(http, "shaky")] == [4.0]
    expect(page.get_by_role("status")).to_be_empty()


@pytest.fixture(scope="module")
def half_stars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Ratings from half a star to five, pictures of items, and lists that soon end."""
    data = write_two_tastes(tmp_path_factory.mktemp("data") / "halves")
    items = pl.read_csv(data / "items.csv")
    picture = pl.format("https://pictures.example/{}.png", pl.col("item_id"))
    items.with_columns(picture.alias("image_url")).write_csv(data / "items.csv")
    description = data / "dataset.toml"
    told = description.read_text().replace("scale = [1, 5]", "scale = [0.5, 5]")
    description.write_text(told + 'image_url = { kind = "category", presets = [] }\n')
    bundle = tmp_path_factory.mktemp("bundle") / "model"
    train_bundle(load_dataset(data), QUICK_PRESETS["default"], bundle, seed=1)
    folder = tmp_path_factory.mktemp("half-stars")
    running = Service(
        bundle, folder, {"MELU_ONBOARDING_ENOUGH": "0", "MELU_LIST_SECONDS": str(LIST_SECONDS)}
    ).start()
    yield running
    running.stop()


@pytest.fixture
def page_of_half_stars(browser_page: Page, half_stars: Service) -> Page:
    browser_page.goto(f"{half_stars.url}/docs")
    browser_page.evaluate("document.body.replaceChildren()")
    expect(browser_page.locator("body > *")).to_have_count(0)
    return browser_page


def wait_until_lists_end(page: Page) -> None:
    # A cursor is good for twice the time at most.
    page.wait_for_timeout(2_000 * LIST_SECONDS + 500)


def test_half_stars_reach_the_best(page_of_half_stars: Page, half_stars: Service):
    put(page_of_half_stars, '<melu-onboarding user-id="half" limit="1"></melu-onboarding>')
    card = page_of_half_stars.locator("melu-onboarding [part=card]")
    expect(card.locator("[part~=star]")).to_have_text(
        ["0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"]
    )
    expect(card.locator("[part=attributes]")).not_to_contain_text("pictures.example")
    asked = titles(card)

    card.get_by_label("5 of 5", exact=True).click()

    expect(card.locator("[part=title]")).not_to_have_text(asked[0])
    with half_stars.client() as http:
        assert [one["rating"] for one in stored(http, "half")] == [5.0]


def test_a_list_that_is_no_more_begins_anew(page_of_half_stars: Page):
    page = page_of_half_stars
    put(page, '<melu-recommendations user-id="late" limit="3"></melu-recommendations>')
    items = page.locator("melu-recommendations [part=item]")
    expect(items).to_have_count(3)
    items.first.evaluate("item => item.id = 'old'")
    wait_until_lists_end(page)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("melu-recommendations #old")).to_have_count(0)
    expect(items).to_have_count(3)
    expect(page.get_by_role("status")).to_be_empty()
    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(6)


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
