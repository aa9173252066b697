"""The guide, built where the service looks for it."""

from pathlib import Path

import pytest

from scripts.guide.__main__ import ROOT
from scripts.guide.site import build
from tests.access.conftest import guarded
from tests.browser.conftest import browser, browser_page

__all__ = ["browser", "browser_page", "guarded"]


@pytest.fixture(scope="session")
def guide() -> Path:
    folder = ROOT / "app" / "guide"
    build(ROOT, folder)
    return folder
