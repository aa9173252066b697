"""Services that ask without end, and pages with the policy of our own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import Page, expect

from model.data import load_dataset
from tests.browser.javascript.elements import LIST_SECONDS
from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.training import train_bundle
from tests.worlds import write_two_tastes


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def half_stars(
    tmp_path_factory: pytest.TempPathFactory,
    trained_once: Callable[[str, Callable[[Path], object]], Path],
) -> Iterator[Service]:
    """Ratings from half a star to five, pictures of items, and lists that soon end."""

    def train(folder: Path) -> None:
        data = write_two_tastes(tmp_path_factory.mktemp("data") / "halves")
        items = pl.read_csv(data / "items.csv")
        picture = pl.format("https://pictures.example/{}.png", pl.col("item_id"))
        items.with_columns(picture.alias("image_url")).write_csv(data / "items.csv")
        description = data / "dataset.toml"
        told = description.read_text().replace("scale = [1, 5]", "scale = [0.5, 5]")
        description.write_text(told + 'image_url = { kind = "category", presets = [] }\n')
        train_bundle(load_dataset(data), QUICK_PRESETS["default"], folder, seed=1)

    bundle = trained_once("half-stars", train)
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
