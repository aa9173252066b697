"""Clients before a service, with a proxy between them that fails when it is told to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.conftest import guarded
from tests.clients.drivers import CLIENTS, Driver, JavaScriptDriver, driving
from tests.clients.faulty_proxy import FaultyProxy
from tests.running import Service

__all__ = ["guarded"]


@pytest.fixture(scope="package", params=CLIENTS)
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Each client in turn."""
    with driving(request.param) as started:
        yield started


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScriptDriver]:
    """For what it alone can do."""
    with driving("JavaScript") as started:
        assert isinstance(started, JavaScriptDriver)
        yield started


@pytest.fixture
def melu(driver: Driver, service: Service) -> Driver:
    """A client of the service that all tests share."""
    driver.make(service.url)
    return driver


@pytest.fixture
def proxy(service: Service) -> Iterator[FaultyProxy]:
    with FaultyProxy(service.url).running() as running:
        yield running


@pytest.fixture
def proxied(driver: Driver, proxy: FaultyProxy) -> Driver:
    """A client that calls by way of the proxy."""
    driver.make(proxy.url)
    return driver


@pytest.fixture
def own_service(bundle: Path, tmp_path: Path) -> Iterator[Service]:
    """A service that the test may stop and start."""
    running = Service(bundle, tmp_path).start()
    yield running
    running.stop()
