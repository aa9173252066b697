"""The theme that somebody chooses holds over reloads, on both pages, and "System" lets go of it."""

import pytest
from playwright.sync_api import Page, expect

from tests.running import Service

pytestmark = pytest.mark.browser

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_a_chosen_theme_holds_until_it_is_given_back(service: Service, browser_page: Page):
    page = browser_page
    page.emulate_media(color_scheme="light")
    page.goto(service.url)
    choice = page.get_by_label("Theme")
    expect(choice).to_have_value("system")
    light = page.evaluate(BACKGROUND)

    choice.select_option("Dark")

    dark = page.evaluate(BACKGROUND)
    assert dark != light
    for path in ("/", "/admin"):
        page.goto(f"{service.url}{path}")
        expect(page.get_by_label("Theme")).to_have_value("dark")
        assert page.evaluate(BACKGROUND) == dark
    colours = "[...document.querySelectorAll('meta[name=theme-color]')].map((one) => one.media)"
    assert page.evaluate(colours) == ["not all", "all"]

    page.get_by_label("Theme").select_option("System")

    assert page.evaluate(BACKGROUND) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(BACKGROUND) == dark
    assert page.evaluate("localStorage.getItem('melu.theme')") is None


def test_the_apis_page_is_dark_where_the_device_or_the_choice_is(
    service: Service, browser_page: Page
):
    page = browser_page
    whole = page.locator("html")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="light")
    page.goto(f"{service.url}/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    light = page.evaluate(background)
    expect(whole).not_to_have_class("dark-mode")

    page.emulate_media(color_scheme="dark")

    expect(whole).to_have_class("dark-mode")
    assert page.evaluate(background) != light
    page.goto(service.url)
    page.get_by_label("Theme").select_option("Light")
    page.goto(f"{service.url}/docs")
    expect(whole).not_to_have_class("dark-mode")


def test_the_apis_page_leads_to_the_guide(service: Service, browser_page: Page):
    browser_page.goto(f"{service.url}/docs")

    link = browser_page.get_by_role("link", name="Guide", exact=True)
    expect(link).to_be_visible()
    assert link.get_attribute("href") == "guide/"
