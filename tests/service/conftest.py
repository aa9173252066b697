"""Users for tests of the running service, and a service of several workers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import NewVisitor, Visitor

LIST_ITEMS = 30


@pytest.fixture(scope="package")
def two_workers(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of two workers, with short lists; every test leaves it running so."""
    service = Service(
        bundle,
        tmp_path_factory.mktemp("two-workers"),
        {"MELU_LIST_ITEMS": str(LIST_ITEMS)},
        arguments=("--workers", "2"),
    ).start()
    yield service
    service.stop()


@pytest.fixture
def visitor(client: httpx.Client, user: str) -> Visitor:
    """A user that no other test uses, never seen by the service."""
    return Visitor(client, user)


@pytest.fixture
def new_visitor(client: httpx.Client, user: str) -> NewVisitor:
    """More users that no other test uses, told apart by a word."""
    return lambda word: Visitor(client, f"{word} of {user}"[:128])
