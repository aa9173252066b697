"""Users for tests of the running service."""

import httpx
import pytest

from tests.service.visitors import NewVisitor, Visitor


@pytest.fixture
def visitor(client: httpx.Client, user: str) -> Visitor:
    """A user that no other test uses, never seen by the service."""
    return Visitor(client, user)


@pytest.fixture
def new_visitor(client: httpx.Client, user: str) -> NewVisitor:
    """More users that no other test uses, told apart by a word."""
    return lambda word: Visitor(client, f"{word} of {user}"[:128])
