"""The back office as an operator sees it."""

import re

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.access.credentials import KEY

expect.set_options(timeout=20_000)


class AdminPage:
    """What an operator can do on the page, and what can be read on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = f"{url}/admin"
        self.errors: list[str] = []
        page.on("console", self._note_error)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.door = page.locator("#door")
        self.toast = page.locator("#toast")
        self.dialog = page.locator("#ask")
        self.allow = page.get_by_role("switch", name="Allow changes")

    def _note_error(self, said: ConsoleMessage) -> None:
        # Of the first try without a key, which a guarded service refuses.
        if said.type == "error" and "401" not in said.text:
            self.errors.append(said.text)

    def open(self, tab: str = "now", key: str | None = KEY) -> "AdminPage":
        self.page.goto(f"{self.url}#{tab}")
        if key is not None:
            self.type_key(key)
        expect(self.panel(tab)).to_be_visible()
        return self

    def type_key(self, key: str) -> None:
        expect(self.door).to_be_visible()
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.get_by_role("button", name="Open").click()

    def panel(self, name: str) -> Locator:
        return self.page.locator(f"#panel-{name}")

    def go(self, tab: str) -> Locator:
        self.page.get_by_role("tab", name=tab).click()
        return self.page.get_by_role("tabpanel", name=tab)

    def look_up(self, user_id: str) -> None:
        self.page.get_by_label("User id").fill(user_id)
        self.page.get_by_role("button", name="Look up").click()
        expect(self.page.locator("#about-heading")).to_have_text(user_id)

    def list_of(self, heading: str) -> list[str]:
        """Ids of the items of one of the two lists."""
        shown = self.page.locator("#lists").get_by_role("list", name=heading, exact=True)
        return [one.get_attribute("data-item") or "" for one in shown.locator("> li").all()]

    def confirm(self, yes: str) -> None:
        expect(self.dialog).to_be_visible()
        self.dialog.get_by_role("button", name=yes, exact=True).click()
        expect(self.dialog).to_be_hidden()

    def figure(self, name: str) -> Locator:
        named = re.compile(f"^{re.escape(name)}$")
        return self.page.locator(".figure").filter(has=self.page.locator("dt", has_text=named))
