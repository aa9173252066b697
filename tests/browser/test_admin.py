"""Each journey of the back office on a guarded service."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.access.credentials import KEY, bearer
from tests.browser.admin_page import AdminPage
from tests.running import Service, start_all

pytestmark = pytest.mark.browser

EVERYONES = "Everyone\N{RIGHT SINGLE QUOTATION MARK}s"
TOLD = [{"item_id": "1", "rating": 5}, {"item_id": "31", "rating": 1}]


@pytest.fixture(scope="module")
def services(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    folder = tmp_path_factory.mktemp("admin")
    keys = {"MELU_API_KEYS": KEY}
    started = start_all(
        Service(bundle, folder / "guarded", keys),
        Service(bundle, folder / "off", keys | {"MELU_ADMIN": "false"}),
    )
    yield started
    for service in started:
        service.stop()


@pytest.fixture(scope="module")
def guarded(services: list[Service]) -> Service:
    return services[0]


@pytest.fixture
def api(guarded: Service) -> Iterator[httpx.Client]:
    with guarded.client() as client:
        client.headers.update(bearer(KEY))
        yield client


@pytest.fixture
def admin(guarded: Service, browser_page: Page) -> AdminPage:
    return AdminPage(browser_page, guarded.url)


def tell(api: httpx.Client, user: str, *events: dict[str, object]) -> None:
    api.put(f"/users/{user}", json={"attributes": {"age": 25}}).raise_for_status()
    body = {"events": events or TOLD}
    api.post(f"/users/{user}/feedback", json=body).raise_for_status()


def test_the_key_opens_the_page_and_stays_in_its_memory(admin: AdminPage, guarded: Service):
    page = admin.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(admin.url)
    admin.type_key("a-key-that-nobody-set")
    expect(admin.door).to_contain_text("does not know this key")
    expect(admin.panel("now")).to_be_hidden()

    admin.type_key(KEY)

    expect(page.get_by_role("tab", name="Now")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#access-said")).to_contain_text("Read-only")
    kept = page.evaluate(
        """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
            location.href, history.state, document.querySelector("#key").value,
            document.documentElement.outerHTML, await indexedDB.databases(),
            await caches.keys()])"""
    )
    assert KEY not in kept
    assert not any(KEY in url for url in asked)
    assert all(url.startswith(f"{guarded.url}/") for url in asked)
    page.reload()
    expect(admin.door).to_be_visible()
    admin.type_key(KEY)
    page.get_by_role("button", name="Forget the key").click()
    expect(admin.door).to_be_visible()
    expect(page.locator("#panels [role=tabpanel]:visible")).to_have_count(0)
    assert admin.errors == []


def test_without_keys_it_opens_by_itself_and_says_so(service: Service, browser_page: Page):
    admin = AdminPage(browser_page, service.url).open(key=None)

    expect(browser_page.locator("#access-said")).to_contain_text("no API keys")
    expect(admin.door).to_be_hidden()
    assert admin.errors == []


def test_it_can_be_switched_off(services: list[Service], guarded: Service):
    with services[1].client() as off:
        assert off.get("/admin").status_code == 404
        assert off.get("/").status_code == 200
    answer = httpx.get(f"{guarded.url}/admin", verify=False)
    assert answer.status_code == 200
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert KEY not in answer.text


def test_now_tells_what_others_ask_for(admin: AdminPage, api: httpx.Client):
    tell(api, "now")
    for _ in range(4):
        api.get("/users/now/recommendations").raise_for_status()
    before = api.get("/metrics").text

    admin.open("now")

    panel = admin.panel("now")
    expect(panel).to_contain_text("The service is ready")
    row = panel.locator("tr", has_text="/users/{user_id}/recommendations")
    expect(row).to_be_visible()
    expect(panel.locator("tbody tr", has_text="/metrics")).to_have_count(0)
    expect(admin.figure("of lists are personal").locator(".value")).to_contain_text("%")
    expect(admin.figure("the store").locator(".value")).to_have_text("takes writes")
    count = row.locator("td").nth(1)
    seen = int(count.inner_text())
    assert f"{seen}.0" in before
    # The next look finds one call more, of which it makes a rate.
    api.get("/users/now/recommendations").raise_for_status()
    expect(count).to_have_text(str(seen + 1))
    expect(admin.figure("requests a second").locator(".value")).to_contain_text(".")
    page = admin.page
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert admin.errors == []


def test_reasons_that_are_no_ratings_say_what_they_are(admin: AdminPage, api: httpx.Client):
    tell(api, "finn", {"item_id": "31", "action": "unseen"}, {"shown": ["2"], "picked": ["2"]})
    admin.open("user")

    admin.look_up("finn")

    reasons = admin.page.locator("#lists").get_by_role("list", name="because of").first
    expect(reasons).to_contain_text("Comedy Night 2 picked")
    expect(reasons).to_contain_text("Horror Night 31 unseen")
    assert admin.errors == []


def test_one_user_beside_everyone_and_what_if(admin: AdminPage, api: httpx.Client):
    tell(api, "eve")
    version = api.get("/users/eve").json()["support_version"]
    admin.open("user")
    admin.look_up("eve")

    def ids(body: dict[str, object]) -> list[str]:
        items = api.post("/recommendations", json=body | {"limit": 20}).json()["items"]
        return [item["item_id"] for item in items]

    listed = api.get("/users/eve/recommendations", params={"limit": 20}).json()["items"]
    assert admin.list_of("Theirs") == [item["item_id"] for item in listed]
    assert admin.list_of(EVERYONES) == ids({"exclude": ["1", "31"]})
    lists = admin.page.locator("#lists")
    expect(lists.locator(".summary")).not_to_be_empty()
    expect(lists.get_by_role("list", name="because of").first).to_contain_text("Comedy Night 1")
    expect(lists.locator(".move").first).to_be_visible()

    admin.page.get_by_label("Leave out Comedy Night 1", exact=True).check()

    expect(lists).to_contain_text("What if: without 1 answer.")
    attributes = {"age": 25}
    assert admin.list_of("What if") == ids({"feedback": TOLD[1:], "attributes": attributes})
    admin.page.get_by_label("What if they also said").fill("comedy night 2")
    admin.page.locator(".found button").first.click()
    admin.page.get_by_role("button", name="rated 5").click()
    expect(lists).to_contain_text("with 1 more answer")
    admin.page.get_by_role("button", name="As it is").click()
    expect(lists.get_by_role("list", name=EVERYONES)).to_be_visible()
    assert api.get("/users/eve").json()["support_version"] == version
    assert admin.errors == []


def test_export_and_erasure(admin: AdminPage, api: httpx.Client, tmp_path: Path):
    tell(api, "ada")
    admin.open("user")
    admin.look_up("ada")
    page = admin.page
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "ada.json"
    download.value.save_as(tmp_path / "ada.json")
    exported = json.loads((tmp_path / "ada.json").read_text())
    assert exported["user"]["attributes"] == {"age": 25}
    assert {one["item_id"] for one in exported["feedback"]} == {"1", "31"}

    erase = page.get_by_role("button", name="Erase…")
    erase.click()
    expect(admin.toast).to_contain_text("Allow changes")
    expect(admin.dialog).to_be_hidden()
    admin.allow.check()
    erase.click()
    sure = page.get_by_role("button", name="Erase for good")
    expect(sure).to_be_disabled()
    page.get_by_label("Type ada to go on").fill("ad")
    expect(sure).to_be_disabled()
    page.keyboard.press("Escape")
    assert api.get("/users/ada").status_code == 200
    erase.click()
    page.get_by_label("Type ada to go on").fill("ada")
    admin.confirm("Erase for good")

    expect(page.locator("#about")).to_contain_text("Nothing is stored")
    assert api.get("/users/ada").status_code == 404
    assert [one for one in admin.errors if "404" not in one] == []


def test_an_item_is_changed_after_it_was_asked_about(admin: AdminPage, api: httpx.Client):
    before = api.get("/items/5").json()
    admin.open("catalogue")
    admin.allow.check()
    page = admin.page
    page.get_by_label("Find an item").fill(before["title"])
    page.locator(".found button").first.click()
    page.get_by_label("Year").fill("soon")
    page.get_by_role("button", name="Save…").click()
    expect(page.locator(".item-form .complaint")).to_have_text("Year is no number.")

    page.get_by_label("Year").fill("1961")
    page.get_by_role("button", name="Save…").click()

    said = f"Year: {before['attributes']['year']} → 1961"
    expect(admin.dialog.get_by_role("listitem")).to_have_text([said])
    assert api.get("/items/5").json() == before
    admin.confirm("Change it")
    expect(admin.toast).to_contain_text("is changed")
    after = before | {"attributes": before["attributes"] | {"year": 1961}}
    assert api.get("/items/5").json() == after
    assert admin.errors == []


LINES = """{"item_id": "n1", "title": "A New Night", "attributes": {"genre": ["comedy"]}}
{"item_id": "6", "title": "Renamed", "attributes": {"genre": ["comedy"], "colour": "mauve"}}
{"item_id": "n2", "title": "Bad", "attributes": {"year": "soon"}}
not JSON
"""
TABLE = 'item_id;title;genre;year\nn3;"A ""Quoted""; Night";comedy|horror;1999\n'


def test_an_import_is_tried_before_it_is_written(
    admin: AdminPage, api: httpx.Client, tmp_path: Path
):
    (tmp_path / "items.jsonl").write_text(LINES)
    (tmp_path / "items.csv").write_text(TABLE)
    admin.open("catalogue")
    page = admin.page
    part = page.locator("#import")
    page.get_by_label("File").set_input_files(tmp_path / "items.jsonl")

    expect(part).to_contain_text("1 item would be new, 1 changed, 0 are as they were; 2 rows can")
    expect(part.locator("tr", has_text="Renamed")).to_contain_text("title")
    expect(part.locator("tr", has_text="Renamed")).to_contain_text("training never saw")
    expect(part.locator(".faults")).to_contain_text("Line 3: ")
    expect(part.locator(".faults")).to_contain_text("Line 4: is no JSON object")
    assert api.get("/items/n1").status_code == 404
    admin.allow.check()
    page.get_by_role("button", name="Write 2 items…").click()
    admin.confirm("Write them")
    expect(part).to_contain_text("1 item is new, 1 changed.")
    assert api.get("/items/6").json()["title"] == "Renamed"
    new = page.locator("#fresh")
    expect(new.get_by_role("rowheader", name="A New Night")).to_be_visible()
    expect(new.locator("tr", has_text="A New Night")).to_contain_text("%")

    page.get_by_label("File").set_input_files(tmp_path / "items.csv")
    page.get_by_role("button", name="Write 1 item…").click()
    admin.confirm("Write them")

    expect(part).to_contain_text("1 item is new, 0 changed.")
    written = api.get("/items/n3").json()
    assert written["title"] == 'A "Quoted"; Night'
    assert written["attributes"] == {"genre": ["comedy", "horror"], "year": 1999}
    assert [one for one in admin.errors if "422" not in one] == []


def test_onboarding_tells_what_was_asked_and_known(admin: AdminPage, api: httpx.Client):
    asked = api.get("/onboarding/items", params={"user_id": "new", "limit": 4}).json()["items"]
    known, unseen = asked[0], asked[1]
    source = {"source": "onboarding"}
    tell(
        api,
        "new",
        {"item_id": known["item_id"], "rating": 4, **source},
        {"item_id": unseen["item_id"], "action": "unseen"},
    )
    api.get("/onboarding/items", params={"user_id": "new", "limit": 4}).raise_for_status()
    told = api.get("/admin/onboarding").json()

    admin.open("onboarding")

    panel = admin.panel("onboarding")
    for name, what in (("know the item", "known"), ("have not seen it", "unseen")):
        value = admin.figure(name).locator(".value")
        expect(value).to_have_text(str(told["answers"][what]))
    steps = panel.get_by_role("group", name="On the way to enough").locator("tbody tr")
    expect(steps.first.locator("th")).to_have_text("0")
    expect(steps.last.locator("th")).to_have_text("2")
    row = panel.get_by_role("group", name="What is asked about").locator(
        "tr", has=admin.page.get_by_role("rowheader", name=known["title"], exact=True)
    )
    expect(row.locator("td").nth(1)).to_have_text("1")
    expect(panel.locator("#first tbody tr")).to_have_count(12)
    assert admin.errors == []


def test_the_model_is_told_and_loaded_again(admin: AdminPage, api: httpx.Client):
    model = api.get("/model").json()

    admin.open("model")

    panel = admin.panel("model")
    expect(panel.locator(".facts")).to_contain_text(model["version"])
    expect(panel.locator("#curve figure")).to_have_count(2)
    expect(panel.locator("#curve")).to_contain_text("member 2 of 2: ")
    expect(panel.locator("#curve")).to_contain_text("measured no lists")
    expect(panel.get_by_role("rowheader", name="genre of items")).to_be_visible()
    admin.allow.check()
    panel.get_by_role("button", name="Load the bundle again…").click()
    admin.confirm("Load it")
    expect(admin.toast).to_contain_text("serves, as before")
    assert admin.errors == []


def test_a_key_that_is_no_longer_good_closes_the_page(admin: AdminPage):
    admin.open("user")
    admin.page.route("**/users/**", lambda route: route.fulfill(status=401, json={"detail": "no"}))

    admin.page.get_by_label("User id").fill("ada")
    admin.page.get_by_role("button", name="Look up").click()

    expect(admin.door).to_contain_text("no longer takes this key")
    expect(admin.panel("user")).to_be_hidden()


def test_by_keyboard(admin: AdminPage):
    admin.open("now")
    page = admin.page
    page.get_by_role("tab", name="Now").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="One user")).to_be_focused()
    expect(admin.panel("user")).to_be_visible()
    page.keyboard.press("End")
    expect(admin.panel("model")).to_be_visible()
    expect(admin.panel("model").locator("#model")).to_be_visible()
    page.keyboard.press("Home")
    expect(admin.panel("now")).to_be_visible()
    assert admin.errors == []
