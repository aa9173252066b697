"""A real Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.running import require

# A browser without a window draws its address bar's lists all the same, in two processes for each
# new page. It hears one list of features only, so Playwright's own has to be said again.
_WITHOUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for these tests only: while it runs, no test can run an event loop of its own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (path for name in names if (path := shutil.which(name)))
    program = os.environ.get("MELU_CHROMIUM") or next(found, None)
    with sync_playwright() as playwright:
        program = program or (
            playwright.chromium.executable_path
            if Path(playwright.chromium.executable_path).exists()
            else None
        )
        require("browser", program)
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                f"--disable-features={','.join(_WITHOUT)}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page that shares nothing with those of other tests."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    yield page
    # What a test still answers in the service's place ends with it.
    page.unroute_all(behavior="ignoreErrors")
    context.close()


PHONE: ViewportSize = {"width": 390, "height": 740}


@pytest.fixture
def phone_page(browser: Browser) -> Iterator[Page]:
    """A page on a phone: small, and touched."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    yield context.new_page()
    context.close()
