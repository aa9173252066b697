from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.access.credentials import KEY, OTHER_KEY, TOKEN_SECRET
from tests.running import Service


@pytest.fixture(scope="package")
def guarded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two API keys."""
    service = Service(
        bundle,
        tmp_path_factory.mktemp("guarded"),
        environment={
            "MELU_API_KEYS": f"{KEY}, {OTHER_KEY}",
            "MELU_TOKEN_SECRET": TOKEN_SECRET,
            "MELU_CORS_ORIGINS": "https://shop.example",
        },
    ).start()
    yield service
    service.stop()


@pytest.fixture
def client(guarded: Service) -> Iterator[httpx.Client]:
    with guarded.client() as http:
        yield http
